import { describe, expect, test } from 'vitest'
import { startDespiteFaults, type Ports } from '#collector/despite-faults.ts'
import type { Collector } from '#collector/main.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { eventually } from '../../support/eventually.ts'

const full = Object.assign(new Error('database or disk is full'), { errcode: 13 })

function rig(faults: (Error | undefined)[]) {
  const clock = manualClock()
  const lived: string[] = []
  const run = (what: string, ports: Ports | undefined): Promise<Collector> => {
    lived.push(`${what} ${ports?.console ?? 'any'}`)
    return Promise.resolve({
      agentsUrl: `https://localhost:${ports?.agents ?? 7001}`,
      consoleUrl: `https://localhost:${ports?.console ?? 7002}`,
      caPin: what,
      reload: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => {
        lived.push(`${what} ended`)
        return Promise.resolve()
      },
    })
  }
  let well = false
  const start = () =>
    startDespiteFaults({
      whole: (ports) => {
        const fault = faults.shift()
        return fault === undefined ? run('whole', ports) : Promise.reject(fault)
      },
      standIn: (_, ports) => run('stand-in', ports),
      isWell: () => Promise.resolve(well),
      clock,
      log: { error: () => undefined, info: () => undefined },
    })
  const pass = async (): Promise<void> => {
    clock.pass(5_000)
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  return { lived, start, pass, mend: () => (well = true) }
}

describe('a collector', () => {
  test('whose store is well is started once', async () => {
    const { lived, start, pass } = rig([])
    const collector = await start()
    await pass()
    await collector[Symbol.asyncDispose]()
    expect(lived).toEqual(['whole any', 'whole ended'])
  })

  test('whose store takes nothing is stood in for, and started at the same ports once it does', async () => {
    const { lived, start, pass, mend } = rig([full])
    const collector = await start()
    expect(collector.caPin).toBe('stand-in')
    await pass()
    mend()
    await pass()
    await eventually(() => expect(collector.caPin).toBe('whole'))
    await pass()
    await collector[Symbol.asyncDispose]()
    expect(lived).toEqual(['stand-in any', 'stand-in ended', 'whole 7002', 'whole ended'])
  })

  test('whose store fails again, or that cannot start for another reason, is tried again', async () => {
    const { lived, start, pass, mend } = rig([full, full, new Error('a port in use')])
    const collector = await start()
    mend()
    for (let times = 0; times < 3; times++) await pass()
    await eventually(() => expect(collector.caPin).toBe('whole'))
    expect(lived).toEqual(['stand-in any', 'stand-in ended', 'stand-in 7002', 'stand-in ended', 'whole 7002'])
    await collector[Symbol.asyncDispose]()
  })

  test('that cannot start for another reason than its store does not start', async () => {
    const { lived, start } = rig([new Error('a port in use')])
    await expect(start()).rejects.toThrow('a port in use')
    expect(lived).toEqual([])
  })

  test('that is stopped while it is stood in for, is', async () => {
    const { lived, start } = rig([full])
    const collector = await start()
    await collector[Symbol.asyncDispose]()
    expect(lived).toEqual(['stand-in any', 'stand-in ended'])
  })
})

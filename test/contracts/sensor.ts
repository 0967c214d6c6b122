/** What every sensor promises (agent/sensors/sensor.ts), whatever it watches. */
import { expect, test } from 'vitest'
import type { Coverage, Fact, Sensor } from '#agent/sensors/sensor.ts'
import { encodeEvent, type Event } from '#shared/event/event.ts'
import { systemClock, timeNow } from '#shared/vocabulary/clock.ts'
import { eventually } from '../support/eventually.ts'

export interface SensorUnderTest extends AsyncDisposable {
  sensor: Sensor
  /** Absent: something is there already when it starts, which it must tell. Else why there is nothing of the kind. */
  nothingPresent?: string
  /** Makes something happen that it must tell. */
  provoke: () => Promise<void> | void
  /** Makes its source fail, where a failure ends the sensor. */
  fail?: () => void
}

interface Life {
  facts: Fact[]
  covered: Coverage[]
  judgeAnew: () => void
  /** Rejects with what the sensor rejects with. */
  stop: () => Promise<void>
  running: Promise<void>
}

function live(sensor: Sensor): Life {
  const facts: Fact[] = []
  const covered: Coverage[] = []
  const stop = new AbortController()
  let tellPresent = (): void => undefined
  const running = sensor.run(
    {
      observe: (fact) => facts.push(fact) > 0,
      drained: () => Promise.resolve(),
      momentAt: (mono: number) => ({ mono, boot: '00000000-0000-4000-8000-000000000000' }),
      cover: (coverage) => void covered.push(coverage),
      onJudgeAnew: (tell) => void (tellPresent = tell),
      clock: systemClock,
    },
    stop.signal,
  )
  running.catch(() => undefined) // looked at by whoever stops it
  return { facts, covered, judgeAnew: () => tellPresent(), running, stop: () => (stop.abort(), running) }
}

const found = (facts: readonly Fact[], how: Fact['found']): Fact[] => facts.filter((fact) => fact.found === how)

export function sensorContract(open: () => Promise<SensorUnderTest> | SensorUnderTest): void {
  test('tells what is there as found present, and how well it sees', async (context) => {
    await using under = await open()
    context.skip(under.nothingPresent !== undefined, under.nothingPresent)
    const { facts, covered, stop } = live(under.sensor)
    await eventually(() => expect([found(facts, 'present').length, covered.length].every(Boolean)).toBe(true))
    await stop()
    expect(found(facts, 'present')).toHaveLength(facts.length)
    expect(covered.filter(({ state, text }) => state !== 'watching' && text === '')).toEqual([])
  })

  test('tells what happens, in facts that an event can carry', async () => {
    await using under = await open()
    const { facts, covered, stop } = live(under.sensor)
    await eventually(() => expect(covered.length).toBeGreaterThan(0))
    await under.provoke()
    await eventually(() => expect(facts.some((fact) => fact.found !== 'present')).toBe(true))
    await stop()
    expect(facts.filter((fact) => encodeEvent(asEvent(fact)) === undefined)).toEqual([])
  })

  test('tells what is there once more when it is to be judged anew', async (context) => {
    await using under = await open()
    context.skip(under.nothingPresent !== undefined, under.nothingPresent)
    const { facts, covered, judgeAnew, stop } = live(under.sensor)
    await eventually(() => expect(covered.length).toBeGreaterThan(0))
    const before = [...facts]
    judgeAnew()
    await eventually(() => expect(facts.slice(before.length)).toEqual(found(before, 'present')))
    await stop()
  })

  test('is silent once it has stopped, and a next life tells what is there again', async () => {
    await using under = await open()
    const first = live(under.sensor)
    await eventually(() => expect(first.covered.length).toBeGreaterThan(0))
    await first.stop()
    const told = first.facts.length
    await under.provoke()
    const second = live(under.sensor)
    await eventually(() => expect(second.covered.length).toBeGreaterThan(0))
    expect(found(second.facts, 'present').length > 0).toBe(under.nothingPresent === undefined)
    await second.stop()
    expect(first.facts).toHaveLength(told)
  })

  test('ends at once where it is to stop before it began', async () => {
    await using under = await open()
    await expect(live(under.sensor).stop()).resolves.toBeUndefined()
  })

  test('rejects when it cannot go on', async (context) => {
    await using under = await open()
    const { fail } = under
    context.skip(fail === undefined, 'its source mends itself')
    const { covered, running } = live(under.sensor)
    await eventually(() => expect(covered.length).toBeGreaterThan(0))
    fail?.()
    await expect(running).rejects.toBeInstanceOf(Error)
  })
}

const WHOLE_MEDIUM = ['medium.connected', 'medium.mounted', 'medium.removed']

/** With what recorder and judge add. */
function asEvent({ subject: { medium, volume, ...subject }, ...fact }: Fact): Event {
  const stamps = {
    at: timeNow(systemClock),
    mono: systemClock.monotonic(),
    boot: '01234567-89ab-4cde-8f01-23456789abcd',
  }
  const status = 'unregistered' as const
  const whole = WHOLE_MEDIUM.includes(fact.kind)
  const known = medium && (whole ? { ...medium, score: 0, status } : { key: medium.key, status })
  const where = volume && (fact.kind.startsWith('file.') ? { mountPoint: volume.mountPoint } : volume)
  const parts = { ...subject, ...(known && { medium: known }), ...(where && { volume: where }) }
  const head = { v: 1, salt: '0'.repeat(32), ...stamps, kind: fact.kind, found: fact.found, subject: parts }
  return { ...head, verdicts: [], detail: fact.detail } as Event
}

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Value } from 'typebox/value'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { passportBy, passportOf } from '#agent/platform/portable/passport.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { Passport } from '#shared/wire/enrolment.ts'
import { folderOfTest } from '../support/folder-of-test.ts'
import { eventually } from '../support/eventually.ts'

const entry = fileURLToPath(new URL('../../agent/platform/portable/passport-child.ts', import.meta.url))

test('reads the passport of this machine', async () => {
  const passport = await passportBy({ entry }, systemClock)()
  expect(Value.Check(Passport, passport)).toBe(true)
  expect(passport.memoryBytes).toBeGreaterThan(0)
  expect(passport.os).toBeDefined()
})

describe('all is unknown, in time, when the child', () => {
  test.for([
    ['hangs', 'setInterval(() => {}, 1000)'],
    ['prints without end', `setInterval(() => process.stdout.write('x'.repeat(100000)), 1)`],
    ['prints nonsense', `console.log('{"machine": 7}')`],
    ['takes all memory', `const all = []; for (;;) all.push(new Array(1e6).fill({}))`],
    ['prints nothing', ''],
    ['is not there', undefined],
  ] as const)('%s', async ([, script]) => {
    const folder = folderOfTest()
    const child = join(folder, 'child.cjs')
    if (script !== undefined) await writeFile(child, script)
    expect(await passportBy({ entry: child, limitMs: 2000 }, systemClock)()).toEqual({})
  })
})

test('what the child started ends with it', async () => {
  const folder = folderOfTest()
  const [child, pidFile] = [join(folder, 'child.cjs'), join(folder, 'pid')]
  const script = `const { pid } = require('child_process').spawn('sleep', ['600']);
    require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(pid)); setInterval(() => {}, 1000)`
  await writeFile(child, script)
  expect(await passportBy({ entry: child, limitMs: 4000 }, systemClock)()).toEqual({})
  const pid = await readFile(pidFile, 'utf8')
  const isAlive = async (): Promise<boolean> =>
    readFile(`/proc/${pid}/stat`, 'utf8').then(
      (stat) => !stat.includes(') Z '), // dead, if nobody has collected it yet
      () => false,
    )
  await eventually(async () => expect(await isAlive()).toBe(false))
})

test('the child is not told what the agent was told', async () => {
  vi.stubEnv('ENROL_TOKEN', 'secret')
  onTestFinished(() => void vi.unstubAllEnvs())
  const folder = folderOfTest()
  const child = join(folder, 'child.cjs')
  await writeFile(child, `console.log(JSON.stringify({ machine: { serial: String(process.env.ENROL_TOKEN) } }))`)
  expect(await passportBy({ entry: child }, systemClock)()).toEqual({ serial: 'undefined' })
})

test('an empty answer, or what nobody filled in, is unknown', () => {
  const answer = {
    machine: { manufacturer: ' LENOVO ', model: '', serial: 'To Be Filled By O.E.M.' },
    board: { serial: 'Default string' },
    disks: [{ serialNum: 'B' }, { serialNum: 'A' }, { serialNum: 'B' }, { serialNum: '-' }],
    links: [
      { mac: '00:00:00:00:00:00', internal: true },
      { mac: '52:54:00:12:34:56', virtual: true },
    ],
    memory: { total: Number.NaN },
  }
  expect(passportOf(answer)).toEqual({ manufacturer: 'LENOVO', diskSerials: ['A', 'B'] })
})

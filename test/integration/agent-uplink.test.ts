import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openJournal } from '#agent/journal/journal.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { wholeSystem, type Stored } from '../support/whole-system.ts'
import { eventually } from '../support/eventually.ts'

const kindsOf = (stored: readonly Stored[]): string[] => stored.map(({ event }) => event.kind)
const ofKind = (stored: readonly Stored[], kind: string): Stored[] => stored.filter(({ event }) => event.kind === kind)
const rulesOf = ({ event }: Stored): string[] => event.verdicts.map(({ rule }) => rule)

/** Nothing missing, nothing twice: indexes of each epoch count from 0. */
function expectWhole(stored: readonly Stored[]): void {
  const next = new Map<string, number>()
  for (const { epoch, index } of stored) {
    expect(index).toBe(next.get(epoch) ?? 0)
    next.set(epoch, index + 1)
  }
}

// On a busy machine the back-off of the enrolment may have grown to 16 s before the collector is up.

test('records before there is a collector, enrols once there is one, sends what it had, and has it judged', async () => {
  await using system = await wholeSystem()
  const medium = join(system.directory, 'medium')
  await mkdir(medium)
  const tokenFile = join(system.directory, 'token')
  const config = system.configOf('agent', { tokenFile, declaredMedia: [{ path: medium }] })
  await using _agent = await system.runAgent(config)
  await writeFile(join(medium, '名单.txt'), 'names')
  await using _collector = await system.collect()
  await writeFile(tokenFile, `${await system.token()}\n`)

  await eventually(async () => {
    const stored = await system.stored()
    expect(kindsOf(stored)).toEqual(
      expect.arrayContaining(['key.made', 'medium.connected', 'file.copied', 'agent.enrolled', 'policy.applied']),
    )
    // Found before anyone knew the agent: noted. Told once more when it was enrolled: judged.
    const [before, after] = ofKind(stored, 'medium.connected')
    expect(before).toMatchObject({ event: { verdicts: [], found: 'present' } })
    expect(after && rulesOf(after)).toEqual(['unregistered-medium'])
    expect(after?.event).toMatchObject({ found: 'present', subject: before?.event.subject ?? {} })
    expectWhole(stored)
  })
  expect(kindsOf(await system.stored())[0]).toBe('agent.started')
})

test('of a list of collectors each is tried in turn: one that is not there keeps nobody from the next', async () => {
  await using system = await wholeSystem()
  await using _collector = await system.collect()
  const [there = ''] = system.configOf('agent').collectors
  const collectors = ['https://localhost:1', there]
  const config = system.configOf('agent', { token: await system.token(), collectors })
  {
    await using _agent = await system.runAgent(config)
    await eventually(async () => expect(kindsOf(await system.stored())).toContain('policy.applied'))
  }
  // Enrolled by now, so it is the uplink that has to find it.
  await using _again = await system.runAgent(config)
  await eventually(async () => expect(ofKind(await system.stored(), 'agent.started')).toHaveLength(2))
})

test('a newer register is taken, said, and judged by at once', async () => {
  await using system = await wholeSystem()
  const medium = join(system.directory, 'medium')
  await mkdir(medium)
  await using collector = await system.collect()
  const config = system.configOf('agent', { token: await system.token(), declaredMedia: [{ path: medium }] })
  await using _agent = await system.runAgent(config)
  await eventually(async () => expect(ofKind(await system.stored(), 'medium.connected').length).toBeGreaterThan(1))

  const endpoint =
    "{ host: counter-03, macs: ['52:54:00:00:30:03'], level: secret, networkKind: standalone, department: 机要科 }"
  await writeFile(system.registerFile, `endpoints: [${endpoint}]\n`)
  await system.publish()
  await system.confirm('counter-03') // its token was of another level
  await collector.reload()
  await eventually(async () => {
    const stored = await system.stored()
    const applied = ofKind(stored, 'policy.applied').map(({ event }) => event.detail)
    expect(applied).toMatchObject([
      { document: 'policy', version: 1 },
      { document: 'register', version: 1 },
      { document: 'register', version: 2 },
    ])
    const last = ofKind(stored, 'medium.connected').at(-1)
    expect(last && rulesOf(last)).toEqual(['unregistered-medium-on-classified'])
  })
})

test('the collector away and back: what happened meanwhile arrives once, with its own times', async () => {
  await using system = await wholeSystem()
  const medium = join(system.directory, 'medium')
  await mkdir(medium)
  const first = await system.collect()
  const config = system.configOf('agent', { token: await system.token(), declaredMedia: [{ path: medium }] })
  await using _agent = await system.runAgent(config)
  await eventually(async () => expect(kindsOf(await system.stored())).toContain('agent.enrolled'))
  await first[Symbol.asyncDispose]()
  await writeFile(join(medium, 'while-away.txt'), 'x')
  const journal = join(config.dataDir, 'journal', 'journal.db-wal')
  await eventually(async () => expect((await readFile(journal)).includes('file.identified')).toBe(true))
  await using _second = await system.collect()
  await eventually(async () => {
    const stored = await system.stored()
    expect(ofKind(stored, 'file.copied')).toHaveLength(1)
    expectWhole(stored)
  })
})

test('a restarted agent begins a log that names the one before, with nothing lost or doubled', async () => {
  await using system = await wholeSystem()
  await using _collector = await system.collect()
  const config = system.configOf('agent', { token: await system.token() })
  {
    await using _agent = await system.runAgent(config)
    await eventually(async () => expect(kindsOf(await system.stored())).toContain('agent.enrolled'))
  }
  // It was stopped in order: the last word is there already, sent before the goodbye.
  const before = await system.stored()
  expect(kindsOf(before).at(-1)).toBe('agent.stopped')
  await using _again = await system.runAgent(config)
  await eventually(async () => {
    const stored = await system.stored()
    const started = ofKind(stored, 'agent.started').at(-1)
    expect(started?.event.detail).toMatchObject({
      previous: { epoch: before[0]?.epoch, size: before.length, ended: 'clean' },
    })
    expect(ofKind(stored, 'key.made')).toHaveLength(1)
    expectWhole(stored)
  })
})

test('receipts are kept: a journal whose collector holds everything waits for nothing', async () => {
  await using system = await wholeSystem()
  await using _collector = await system.collect()
  const config = system.configOf('agent', { token: await system.token() })
  {
    await using _agent = await system.runAgent(config)
    await eventually(async () => expect(kindsOf(await system.stored())).toContain('agent.enrolled'))
  }
  const file = join(config.dataDir, 'journal', 'journal.db')
  await using journal = openJournal({ file, limitBytes: config.journalLimitBytes }, { clock: systemClock })
  expect(journal.fill().unreceipted).toBe(0)
  expect(journal.newestReceipt()).toContain('shoumi.1/collector/')
})

test('a collector that is not the pinned one gets nothing: no token, no event', async () => {
  await using system = await wholeSystem()
  await using _collector = await system.collect()
  const token = await system.token()
  const config = system.configOf('agent', { token, caPin: `sha256:${'0'.repeat(64)}` })
  {
    await using _agent = await system.runAgent(config)
    const journal = join(config.dataDir, 'journal')
    await eventually(async () => expect(await readdir(journal)).toContain('journal.db'))
    await using _honest = await system.runAgent(system.configOf('honest', { token }))
    await eventually(async () => expect(kindsOf(await system.stored())).toContain('agent.enrolled'))
  }
  expect(new Set((await system.stored()).map(({ epoch }) => epoch)).size).toBe(1)
})

test('an agent whose disk was copied: both logs arrive, and each is whole', async () => {
  await using system = await wholeSystem()
  await using _collector = await system.collect()
  const config = system.configOf('agent', { token: await system.token() })
  const clone = system.configOf('clone')
  {
    await using _agent = await system.runAgent(config)
    await eventually(async () => expect(kindsOf(await system.stored())).toContain('agent.enrolled'))
  }
  for (const folder of ['identity', 'journal']) {
    await mkdir(join(clone.dataDir, folder), { recursive: true })
    for (const name of await readdir(join(config.dataDir, folder)))
      await copyFile(join(config.dataDir, folder, name), join(clone.dataDir, folder, name))
  }
  for (const run of [config, clone]) {
    const { length } = ofKind(await system.stored(), 'agent.started')
    await using _agent = await system.runAgent(run)
    await eventually(async () => expect(ofKind(await system.stored(), 'agent.started')).toHaveLength(length + 1))
  }
  const stored = await system.stored()
  expectWhole(stored)
  const [, second, third] = ofKind(stored, 'agent.started').map(({ event }) => event.detail)
  expect(third).toEqual(second)
})

import { expect, test } from 'vitest'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { leafHash } from '#shared/evidence/merkle.ts'
import { incidentOf } from '#collector/incidents/pictures.ts'
import { refoldStale } from '#collector/incidents/recorrelate.ts'
import { commitBatches } from '#collector/ingest/commit.ts'
import { openCommitter } from '#collector/ingest/committer.ts'
import { LogMovedError } from '#collector/ingest/log-place.ts'
import { rereadQuarantined } from '#collector/ingest/reread.ts'
import { storedLogs } from '#collector/ingest/stored-logs.ts'
import { openLive } from '#collector/live.ts'
import { openHot } from '#collector/store/hot.ts'
import { countQuarantined } from '#collector/store/quarantine.ts'
import { addEndpoint, agentOf, batchOf, epochOf, nextBatchOf, openTestStore } from '../support/collector-store.ts'
import { start, stayEvents } from '../support/events.ts'

const told = { mailboxes: ['mail'], now: start }

async function openRig() {
  const rig = await openTestStore()
  const id = await addEndpoint(rig.store, 1)
  const incidents = () =>
    rig.store.read(async (tx) => await tx.selectFrom('incident').selectAll().orderBy('number').execute())
  return { ...rig, hot: openHot(rig.store), agent: { id, agent: agentOf(1) }, incidents }
}

test('stores each entry once and makes the incident, in one transaction', async () => {
  await using rig = await openRig()
  const { store, hot, agent } = rig
  const batch = batchOf(agent, stayEvents())
  const committed = await commitBatches(store, hot, [batch], told)
  const [row] = await rig.incidents()
  expect(committed.incidents).toEqual([row?.id])
  expect(row && incidentOf(row)).toMatchObject({ kind: 'stay', events: 8, endedBy: 'removed' })
  // The same batch a second time does not go on from the size that the log has now: nothing of it is left behind.
  await expect(commitBatches(store, hot, [batch], told)).rejects.toThrow(LogMovedError)
  expect(await rig.incidents()).toEqual([row])
})

test('a batch that cannot be stored costs the others in its transaction nothing', async () => {
  await using rig = await openRig()
  const { store, agent } = rig
  const second = await addEndpoint(store, 2)
  const committer = openCommitter(store, {
    clock: systemClock,
    live: openLive(),
    mailboxes: [],
    onCommit: () => undefined,
  })
  const twice = batchOf(agent, stayEvents())
  const other = batchOf({ id: second, agent: agentOf(2) }, stayEvents())
  const outcomes = await Promise.allSettled([twice, twice, other].map(committer.submit))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await rig.incidents()).toHaveLength(2)
})

test('revisions rise with every change of any incident, and never come twice', async () => {
  await using rig = await openRig()
  const whole = batchOf(rig.agent, stayEvents())
  const seen: number[] = []
  let before = whole
  for (const [at, entry] of whole.entries.entries()) {
    const one = at === 0 ? batchOf(rig.agent, [entry]) : nextBatchOf(rig.agent, [entry], { after: before.log.frontier })
    await commitBatches(rig.store, rig.hot, [one], told)
    before = one
    seen.push(...(await rig.incidents()).map(({ revision }) => revision))
  }
  expect(seen).toEqual([...new Set(seen)].toSorted((a, b) => a - b))
})

test('keeps what it does not understand, and reads it again once it does', async () => {
  await using rig = await openRig()
  const { store, hot, agent } = rig
  const [connected, ...rest] = stayEvents()
  const line = Buffer.from(JSON.stringify(connected))
  const batch = batchOf(agent, [{ state: 'quarantined', line, reason: 'unknown kind' }, ...rest], {
    boot: connected?.boot ?? '',
  })
  expect(await commitBatches(store, hot, [batch], told)).toMatchObject({ entries: { quarantined: 1, event: 7 } })
  expect(await store.read(countQuarantined)).toBe(1)
  expect(await rereadQuarantined(store, hot)).toBe(1)
  expect(await store.read(countQuarantined)).toBe(0)
  await refoldStale({ store, told: () => told, version: 'test', changed: () => undefined })
  const [row] = await rig.incidents()
  expect(row && incidentOf(row)).toMatchObject({ events: 8, violations: 2, openedAt: start })
})

test('an event of another boot than its log stays quarantined, however often it is read again', async () => {
  await using rig = await openRig()
  const [connected] = stayEvents()
  const line = Buffer.from(JSON.stringify(connected))
  const boot = '99999999-4444-4444-8444-444444444444'
  await commitBatches(
    rig.store,
    rig.hot,
    [batchOf(rig.agent, [{ state: 'quarantined', line, reason: 'another boot' }], { boot })],
    told,
  )
  expect(await rereadQuarantined(rig.store, rig.hot)).toBe(0)
})

test('the store has lost the end of a log: what it says it holds is what is there, and it comes again', async () => {
  await using rig = await openRig()
  const batch = batchOf(rig.agent, stayEvents())
  await commitBatches(rig.store, rig.hot, [batch], told)
  rig.store.connection.exec('DELETE FROM entry WHERE idx >= 5')
  const lost: unknown[] = []
  const logs = storedLogs({ store: rig.store, lost: (log) => lost.push(log) }, rig.agent.id)
  const stored = await logs.one(epochOf(1))
  expect(stored.frontier.size).toBe(5)
  expect(lost).toEqual([{ epoch: epochOf(1), size: 8, held: 5 }])
  const again = nextBatchOf(rig.agent, batch.entries.slice(5), { after: stored.frontier })
  expect(again.log.frontier).toEqual(batch.log.frontier)
  await commitBatches(rig.store, rig.hot, [again], told)
  expect(
    (await storedLogs({ store: rig.store, lost: () => undefined }, rig.agent.id).one(epochOf(1))).frontier.size,
  ).toBe(8)
})

test('a hole in the middle is named by its index, filled when it comes again, and counts nothing twice', async () => {
  await using rig = await openRig()
  const batch = batchOf(rig.agent, stayEvents())
  await commitBatches(rig.store, rig.hot, [batch], told)
  const [before] = await rig.incidents()
  rig.store.connection.exec('DELETE FROM entry WHERE idx = 3')
  const logs = storedLogs({ store: rig.store, lost: () => undefined }, rig.agent.id)
  const held = await logs.held(await logs.one(epochOf(1)), 0, 8)
  expect(held.map(({ index }) => index)).toEqual([0, 1, 2, 4, 5, 6, 7])
  await logs.cutTo(epochOf(1), 3)
  const { frontier } = await logs.one(epochOf(1))
  expect(frontier.size).toBe(3)
  const again = nextBatchOf(rig.agent, batch.entries.slice(3), { after: frontier })
  expect(await commitBatches(rig.store, rig.hot, [again], told)).toMatchObject({ entries: { event: 1, repeated: 4 } })
  const leaves = await rig.store.read((tx) => tx.selectFrom('entry').select('line').orderBy('idx').execute())
  expect(leaves.map(({ line }) => leafHash(Buffer.from(line ?? [])))).toEqual(
    batch.entries.map((entry) => (entry.state === 'tombstone' ? entry.leaf : leafHash(entry.line))),
  )
  await refoldStale({ store: rig.store, told: () => told, version: 'test', changed: () => undefined })
  expect((await rig.incidents()).map(({ number, state }) => [number, state])).toEqual([[before?.number, before?.state]])
})

test('what was sent as a tombstone and comes whole later fills its place, and counts once', async () => {
  await using rig = await openRig()
  const whole = batchOf(rig.agent, stayEvents())
  const [third] = whole.entries.slice(3)
  if (third?.state !== 'event') throw new Error('It is an event.')
  const { line } = third
  const entries = whole.entries.map((entry) =>
    entry === third ? ({ state: 'tombstone', leaf: leafHash(line), reason: 'evicted' } as const) : entry,
  )
  await commitBatches(rig.store, rig.hot, [{ ...whole, entries }], told)
  const [without] = await rig.incidents()
  const filled = [{ index: 3, entry: third }]
  const later = { ...whole, log: { ...whole.log, from: whole.entries.length }, entries: [], filled }
  for (let n = 0; n < 2; n++) {
    await commitBatches(rig.store, rig.hot, [later], told)
    await refoldStale({ store: rig.store, told: () => told, version: 'test', changed: () => undefined })
    const [row] = await rig.incidents()
    expect(row && incidentOf(row)).toMatchObject({ kind: 'stay', events: 8, endedBy: 'removed' })
    expect(row?.number).toBe(without?.number)
  }
  expect(without && incidentOf(without)).toMatchObject({ events: 7 })
  const stored = await rig.store.read((tx) => tx.selectFrom('entry').select('line').orderBy('idx').execute())
  expect(stored.map((row) => row.line !== null)).toEqual(Array<boolean>(8).fill(true))
})

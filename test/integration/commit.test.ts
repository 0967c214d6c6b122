import { expect, test } from 'vitest'
import { rfc3339, systemClock } from '#shared/vocabulary/clock.ts'
import { commitBatches } from '#collector/ingest/commit.ts'
import { openCommitter } from '#collector/ingest/committer.ts'
import { rereadQuarantined } from '#collector/ingest/reread.ts'
import { incidentOf, timeline } from '#collector/incidents/timeline.ts'
import { openLive } from '#collector/live.ts'
import { openHot } from '#collector/store/hot.ts'
import { incidentsSince, listIncidents, openCounts } from '#collector/store/incidents.ts'
import { logsOf } from '#collector/store/logs.ts'
import { countQuarantined } from '#collector/store/quarantine.ts'
import { addEndpoint, agentOf, batchOf, epochOf, openTestStore } from '../support/collector-store.ts'
import { episodeEvents, event, start, stayEvents, verdict } from '../support/events.ts'

const about = { channels: ['mail'], now: start }

async function openRig() {
  const rig = await openTestStore()
  const id = await addEndpoint(rig.store, 1)
  return { ...rig, hot: openHot(rig.store), endpoint: { id, agent: agentOf(1) } }
}

test('stores each entry once, makes the incident and puts its alerts into the outbox, in one transaction', async () => {
  await using rig = await openRig()
  const { store, hot, endpoint } = rig
  const batch = batchOf(endpoint, stayEvents())
  const committed = await commitBatches(store, hot, [batch], about)
  const [row] = await listIncidents(store.db, { limit: 10 })
  expect(committed.incidents).toEqual([row?.id])
  expect(row && incidentOf(row)).toMatchObject({ kind: 'stay', events: 8, endedBy: 'removed' })
  expect(await openCounts(store.db)).toEqual([{ department: '综合科', severity: 1, count: 1 }])
  const alerts = await store.db.selectFrom('alert').select(['reason', 'channel']).execute()
  expect(alerts).toEqual([{ reason: 'opened', channel: 'mail' }])
  // The same batch a second time breaks the one rule of the store, and leaves nothing of itself behind.
  await expect(commitBatches(store, hot, [batch], about)).rejects.toThrow(/UNIQUE/)
  const [after] = await listIncidents(store.db, { limit: 10 })
  expect(after).toEqual(row)
})

test('a batch that cannot be stored costs the others in its transaction nothing', async () => {
  await using rig = await openRig()
  const { store, endpoint } = rig
  const second = await addEndpoint(store, 2)
  const committer = openCommitter(store, {
    clock: systemClock,
    live: openLive(),
    channels: [],
    onCommit: () => undefined,
  })
  const twice = batchOf(endpoint, stayEvents())
  const other = batchOf({ id: second, agent: agentOf(2) }, stayEvents())
  const outcomes = await Promise.allSettled([twice, twice, other].map(committer.submit))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await listIncidents(store.db, { limit: 10 })).toHaveLength(2)
})

test('joins later events to the incident, and raises and ends it, each told once', async () => {
  await using rig = await openRig()
  const { store, hot, endpoint } = rig
  const events = stayEvents()
  const whole = batchOf(endpoint, events)
  for (const [at, entry] of whole.entries.entries())
    await commitBatches(store, hot, [{ ...whole, log: { ...whole.log, from: at }, entries: [entry] }], about)
  const [row] = await listIncidents(store.db, { limit: 10 })
  if (row === undefined) throw new Error('no incident')
  const page = await timeline(store.db, row, { limit: 100 })
  expect(page.entries.map(({ event: { kind } }) => kind)).toEqual(events.map(({ kind }) => kind))
  const alerts = await store.db.selectFrom('alert').select('reason').execute()
  expect(alerts.map(({ reason }) => reason).toSorted()).toEqual(['ended', 'files-left', 'opened'])
  expect(await incidentsSince(store.db, 0, 10)).toHaveLength(1)
})

test('shows each of two episodes of one interface its own events', async () => {
  await using rig = await openRig()
  const { store, hot, endpoint } = rig
  await commitBatches(store, hot, [batchOf(endpoint, [...episodeEvents(), ...episodeEvents(60_000)])], about)
  const rows = await listIncidents(store.db, { limit: 10 })
  expect(rows).toHaveLength(2)
  for (const row of rows) expect((await timeline(store.db, row, { limit: 100 })).entries).toHaveLength(6)
})

test('ends what went on when the endpoint boots again', async () => {
  await using rig = await openRig()
  const { store, hot, endpoint } = rig
  await commitBatches(store, hot, [batchOf(endpoint, stayEvents().slice(0, 3))], about)
  const again = event('agent.started', 90_000, {
    boot: '55555555-5555-4555-8555-555555555555',
    detail: { version: '0', host: 'pc-1', platform: 'linux' },
  })
  await commitBatches(store, hot, [batchOf(endpoint, [again], { epoch: epochOf(2) })], about)
  const [row] = await listIncidents(store.db, { limit: 10 })
  expect(row && incidentOf(row)).toMatchObject({ endedBy: 'boot-ended', endedAt: start + 90_000 })
})

test('flags both logs that name one predecessor, and keeps both', async () => {
  await using rig = await openRig()
  const { store, hot, endpoint } = rig
  const previous = epochOf(9)
  const started = event('agent.started', 0, { detail: { version: '0', host: 'pc-1', platform: 'linux' } })
  await commitBatches(store, hot, [batchOf(endpoint, [started], { previous })], about)
  const committed = await commitBatches(
    store,
    hot,
    [batchOf(endpoint, [started], { epoch: epochOf(2), previous })],
    about,
  )
  expect(committed.forks).toEqual([endpoint.agent])
  expect((await logsOf(store.db, endpoint.id)).map(({ forked, size }) => [forked, size])).toEqual([
    [1, 1],
    [1, 1],
  ])
})

test('keeps what it does not understand, and reads it again once it does', async () => {
  await using rig = await openRig()
  const { store, hot, endpoint } = rig
  const [connected, ...rest] = stayEvents()
  const line = Buffer.from(JSON.stringify(connected))
  const batch = batchOf(endpoint, [{ state: 'quarantined', line, reason: 'unknown kind' }, ...rest])
  expect(await commitBatches(store, hot, [batch], about)).toMatchObject({ entries: { quarantined: 1, event: 7 } })
  expect(await countQuarantined(store.db)).toBe(1)
  expect(await rereadQuarantined(store, hot, about)).toBe(1)
  expect(await countQuarantined(store.db)).toBe(0)
  const [row] = await listIncidents(store.db, { limit: 10 })
  expect(row && incidentOf(row)).toMatchObject({ events: 8, violations: 2, openedAt: start })
})

test('an event that correlation stumbles over is set aside and counted, and the rest of the batch is stored', async () => {
  await using rig = await openRig()
  const { store, hot, endpoint } = rig
  const [connected, ...rest] = stayEvents()
  if (connected === undefined) throw new Error('no event')
  await commitBatches(store, hot, [batchOf(endpoint, [connected])], about)
  await store.db.updateTable('matter').set({ facts: 'torn' }).execute() // as a fault of ours would leave them
  const other = stayEvents({ plug: 'f'.repeat(32) })
  const batch = batchOf(endpoint, [...rest, ...other], { epoch: epochOf(2) })
  const committed = await commitBatches(store, hot, [batch], about)
  expect(committed.entries).toEqual({ event: other.length, tombstone: 0, quarantined: rest.length })
  const set = store.db.selectFrom('entry').select('reason').where('state', '=', 2)
  for (const { reason } of await set.execute()) expect(reason).toMatch(/^not correlated: SyntaxError/)
})

test('stands the same after any crash between commits: nothing is remembered but the store', async () => {
  await using one = await openRig()
  await using other = await openRig()
  const events = [
    ...stayEvents(),
    ...stayEvents({ plug: 'f'.repeat(32), verdicts: [verdict({ severity: 'critical' })] }),
  ]
  const whole = batchOf(one.endpoint, events)
  await commitBatches(one.store, one.hot, [whole], about)
  for (const [at, entry] of whole.entries.entries()) {
    const hot = openHot(other.store) // as a process that has just started
    await commitBatches(other.store, hot, [{ ...whole, log: { ...whole.log, from: at }, entries: [entry] }], about)
  }
  const states = async ({ store }: typeof one) =>
    (await listIncidents(store.db, { limit: 10 })).map(({ state }) => state).toSorted()
  expect(await states(other)).toEqual(await states(one))
  expect(rfc3339(start, 480)).toBe('2026-01-05T09:00:00.000+08:00')
})

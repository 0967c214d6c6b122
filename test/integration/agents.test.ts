/** Endpoints and the agents on them, in a real store. */
import { expect, test } from 'vitest'
import { openAccess } from '#collector/access/acting.ts'
import { commitBatches } from '#collector/ingest/commit.ts'
import { EndpointError, retireNamed } from '#collector/ledgers/endpoint-acts.ts'
import {
  agentById,
  agentByUuid,
  livingAgentsOf,
  moveAgent,
  retireAgent,
  saveApplied,
  saveHeartbeats,
  setAllDisconnected,
  setConnected,
} from '#collector/store/agents.ts'
import { endpointsOfHost, levelsInUse, mergeEndpoint, retireEndpoint } from '#collector/store/endpoints.ts'
import { openHot } from '#collector/store/hot.ts'
import { tenuresOf } from '#collector/store/tenures.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { agentLife, batchesOf } from '../support/agent-life.ts'
import { addEndpoint, agentOf, openTestStore } from '../support/collector-store.ts'
import { start } from '../support/events.ts'
import { incidentRows } from '../support/incident-rows.ts'

const greeting = { version: '1', policy_version: 1, register_version: 2, media_versions: '[1]' }

test('only what is confirmed raises a level: nothing pending, nothing retired', async () => {
  await using rig = await openTestStore()
  await addEndpoint(rig.store, 1, { level: 'internal' })
  await addEndpoint(rig.store, 2, { level: 'top-secret', status: 'pending' })
  const third = await addEndpoint(rig.store, 3, { level: 'secret' })
  await rig.store.write((tx) => retireEndpoint(tx, third, 5))
  expect(await rig.store.read(levelsInUse)).toEqual(['internal'])
})

test('a merge moves the agent and ends its tenure there, the old line points on and is found no more', async () => {
  await using rig = await openTestStore()
  const old = await addEndpoint(rig.store, 1, { host: 'PC-7' })
  const fresh = await addEndpoint(rig.store, 2, { host: 'pc-7', status: 'pending', enrolled_at: 10 })
  await rig.store.write(async (tx) => {
    await retireAgent(tx, old, 20)
    await moveAgent(tx, fresh, old, 20)
    await mergeEndpoint(tx, fresh, old, 20)
  })
  await rig.store.read(async (tx) => {
    expect(await livingAgentsOf(tx, old)).toMatchObject([{ agent: agentOf(2), endpoint_id: old }])
    expect(await agentByUuid(tx, agentOf(1))).toMatchObject({ retired_at: 20, endpoint_id: old })
    expect(await tenuresOf(tx, old)).toMatchObject([
      { agent_id: old, from_at: 0, to_at: 20 },
      { agent_id: fresh, from_at: 20, to_at: null },
    ])
    expect(await tenuresOf(tx, fresh)).toMatchObject([{ agent_id: fresh, from_at: 10, to_at: 20 }])
    expect((await endpointsOfHost(tx, 'Pc-7')).map(({ id }) => id)).toEqual([old])
  })
})

test('heartbeats of many are saved at once, and touch nobody else', async () => {
  await using rig = await openTestStore()
  for (const n of [1, 2, 3]) await addEndpoint(rig.store, n)
  const beat = (agentId: number) => ({ agentId, at: 100 + agentId, health: JSON.stringify({ n: agentId, 名: '好' }) })
  await rig.store.write((tx) => saveHeartbeats(tx, [beat(1), beat(3)]))
  const rows = await rig.store.read((tx) => Promise.all([1, 2, 3].map((id) => agentById(tx, id))))
  expect(rows.map((row) => [row?.last_seen_at, row?.health])).toEqual([
    [101, '{"n":1,"名":"好"}'],
    [null, null],
    [103, '{"n":3,"名":"好"}'],
  ])
})

test('what was applied is kept by document and part', async () => {
  await using rig = await openTestStore()
  const id = await addEndpoint(rig.store, 1)
  await rig.store.write(async (tx) => {
    await setConnected(tx, id, 5, greeting)
    await saveApplied(tx, id, { kind: 'policy', version: 4 })
    await saveApplied(tx, id, { kind: 'media', part: 3, version: 7 })
    await setAllDisconnected(tx)
  })
  expect(await rig.store.read((tx) => agentById(tx, id))).toMatchObject({
    policy_version: 4,
    register_version: 2,
    media_versions: '[1,0,0,7]',
    connected_since: null,
    last_seen_at: 5,
  })
})

test('retiring an endpoint ends what is on there, nobody knows when, and leaves all else as it is', async () => {
  await using rig = await openTestStore()
  const hot = openHot(rig.store)
  for (const n of [1, 2]) {
    const life = agentLife(n)
    life.address(1, 9, 'added')
    const agent = { id: await addEndpoint(rig.store, n), agent: agentOf(n) }
    for (const log of life.logs)
      await commitBatches(rig.store, hot, batchesOf({ agent, log }, [3]), { mailboxes: ['mail'], now: start })
  }
  const clock = { ...systemClock, wall: () => start + 60_000 }
  const access = openAccess(rig.store, clock)
  const actor = { kind: 'command', id: 'endpoint retire', name: 'root' } as const
  const before = await incidentRows(rig.store)
  await retireNamed(access, actor, { name: 'PC-1', mailboxes: ['mail'], clock })
  const after = await incidentRows(rig.store)
  expect(before.map(({ endedAt }) => endedAt)).toEqual([null, null])
  expect(after.find(({ agent }) => agent === 1)).toMatchObject({ endedAt: start + 60_000, endedBy: 'unknown' })
  expect(after.find(({ agent }) => agent === 2)).toEqual(before.find(({ agent }) => agent === 2))
  const told = await rig.store.read((tx) => tx.selectFrom('alert').select(['mailbox', 'news']).execute())
  expect(told).toEqual([
    { mailbox: 'mail', news: '["opened","ended"]' },
    { mailbox: 'mail', news: '["opened"]' },
  ])
  const [record] = await rig.store.read((tx) => tx.selectFrom('audit').selectAll().execute())
  expect(JSON.parse(record?.line ?? '')).toMatchObject({
    act: 'endpoint.retire',
    actor: { kind: 'command', id: 'endpoint retire', name: 'root' },
    subject: { kind: 'endpoint', id: '1' },
  })
  await expect(retireNamed(access, actor, { name: 'PC-1', mailboxes: [], clock })).rejects.toThrow(EndpointError)
})

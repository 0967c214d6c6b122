import { expect, test } from 'vitest'
import { keepFork } from '#collector/store/logs.ts'
import { insertRefusal } from '#collector/store/refusals.ts'
import { openTestApi, signedIn } from '../../support/api.ts'
import { addEndpoint, agentOf, batchOf, epochOf } from '../../support/collector-store.ts'
import { event } from '../../support/events.ts'

test('tells what is not well: conditions, what was refused, set aside or seen twice, and no message', async () => {
  await using tested = await openTestApi()
  const { store, commit, conditions } = tested
  const client = await signedIn(tested)
  const ask = async () => (await client.call('GET', '/api/v1/health')).body
  const faultsOf = async (of: string) => (await client.call('GET', `/api/v1/faults?of=${of}&since=2000`)).body
  const refusedSince = { count: 0, since: expect.any(Number) }
  const nothing = { quarantined: 0, refused: refusedSince, forked: 0, broken: 0 }
  expect(await ask()).toEqual({ level: 'public', conditions: [], faults: nothing })

  const agent = { id: await addEndpoint(store, 1), agent: agentOf(1) }
  const condition = { code: 'store.failed', severity: 'critical', since: '2026-01-01T00:00:00.000+08:00' } as const
  conditions.push({ ...condition, text: 'The disk is full.', todo: 'Make room.' })
  const refused = { agent: agent.agent, peer: '10.0.0.9', epoch: epochOf(1), from_idx: 7 }
  const message = Buffer.from('what somebody sent')
  await store.write(async (tx) => {
    await insertRefusal(tx, { ...refused, at: Date.now(), code: 'root', detail: 'another root', message })
    await insertRefusal(tx, { ...refused, at: 1000, code: 'gap', detail: 'long ago', message: null })
  })
  const line = Buffer.from('{"kind":"of.another-day"}')
  await commit(batchOf(agent, [{ state: 'quarantined', line, reason: 'unknown kind' }]))
  const started = event('agent.started', 0, { detail: { version: '0', host: 'pc-1', platform: 'linux' } })
  const previous = { epoch: epochOf(1), size: 9 }
  for (const n of [2, 3]) await commit(batchOf(agent, [started], { epoch: epochOf(n), previous }))
  await store.write(async (tx) => {
    const { id } = await tx.selectFrom('log').select('id').where('epoch', '=', epochOf(2)).executeTakeFirstOrThrow()
    await keepFork(tx, { log_id: id, at: 5, idx: 0, line, checkpoint: 'another' })
  })

  expect(await ask()).toMatchObject({
    level: 'internal',
    conditions: [{ code: 'store.failed', todo: 'Make room.' }],
    faults: { quarantined: 1, refused: { count: 1 }, forked: 2, broken: 1 },
  })
  const named = { agent: agent.agent, endpoint: '办公-1' }
  const refusals = await faultsOf('refused')
  expect(refusals).toMatchObject({ total: 1, items: [{ ...named, code: 'root', detail: 'another root', index: 7 }] })
  expect(refusals['items']).toHaveLength(1)
  expect(await faultsOf('quarantined')).toMatchObject({
    total: 1,
    items: [{ ...named, epoch: epochOf(1), index: 0, detail: 'unknown kind' }],
  })
  expect(await faultsOf('forked')).toMatchObject({
    total: 2,
    items: [{ epoch: epochOf(3) }, { ...named, epoch: epochOf(2), at: 5, index: 0, times: 1 }],
  })
  const broken = await faultsOf('broken')
  expect(broken).toMatchObject({ total: 1, items: [{ ...named, epoch: epochOf(2), expected: expect.any(String) }] })
  expect(JSON.stringify([refusals, broken])).not.toContain('what somebody sent')
})

test('what was refused is listed in pages, each message once', async () => {
  await using tested = await openTestApi()
  const client = await signedIn(tested)
  const refused = { peer: '10.0.0.9', agent: null, epoch: null, from_idx: null, code: 'gap', detail: '', message: null }
  await tested.store.write(async (tx) => {
    for (const n of [1, 2, 3, 3, 5]) await insertRefusal(tx, { ...refused, at: 1000 * n })
  })
  const page = async (before: string) => {
    const { text } = await client.call('GET', `/api/v1/faults?of=refused&since=2000&limit=2${before}`)
    return JSON.parse(text) as { items: { id: number }[]; total: number; next?: string }
  }
  const first = await page('')
  const second = await page(`&before=${first.next}`)
  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual([5, 4, 3, 2])
  expect([first.total, second.total]).toEqual([4, 4])
})

test('the level is the configured one where there is one', async () => {
  await using tested = await openTestApi({ level: 'secret' })
  const client = await signedIn(tested)
  expect((await client.call('GET', '/api/v1/health')).body).toMatchObject({ level: 'secret' })
})

import { expect, test } from 'vitest'
import { insertRefusal } from '#collector/store/refusals.ts'
import { openTestApi, signedIn } from '../../support/api.ts'
import { addEndpoint, agentOf, batchOf, epochOf } from '../../support/collector-store.ts'
import { event } from '../../support/events.ts'

test('tells what is not well: conditions, what was refused, set aside or seen twice, and no message', async () => {
  await using tested = await openTestApi()
  const { store, commit, conditions } = tested
  const client = await signedIn(tested)
  const ask = async () => (await client.call('GET', '/api/v1/health')).body
  expect(await ask()).toEqual({ conditions: [], quarantined: 0, refusals: { lastDay: 0, newest: [] }, forked: [] })

  const endpoint = { id: await addEndpoint(store, 1), agent: agentOf(1) }
  const condition = { code: 'store.failed', severity: 'critical', since: '2026-01-01T00:00:00.000+08:00' } as const
  conditions.push({ ...condition, text: 'The disk is full.', todo: 'Make room.' })
  const refused = { agent: endpoint.agent, peer: '10.0.0.9', epoch: epochOf(1), from_idx: 7 }
  const message = Buffer.from('what somebody sent')
  await insertRefusal(store.db, { ...refused, at: Date.now(), code: 'root', detail: 'another root', message })
  await insertRefusal(store.db, { ...refused, at: 1000, code: 'gap', detail: 'long ago', message: null })
  const line = Buffer.from('{"kind":"of.another-day"}')
  await commit(batchOf(endpoint, [{ state: 'quarantined', line, reason: 'unknown kind' }]))
  const started = event('agent.started', 0, { detail: { version: '0', host: 'pc-1', platform: 'linux' } })
  for (const n of [2, 3]) await commit(batchOf(endpoint, [started], { epoch: epochOf(n), previous: epochOf(9) }))

  const health = await ask()
  expect(health).toMatchObject({
    conditions: [{ code: 'store.failed', todo: 'Make room.' }],
    quarantined: 1,
    refusals: { lastDay: 1, newest: [{ code: 'gap' }, { code: 'root', agent: endpoint.agent, from: 7 }] },
    forked: [endpoint.agent],
  })
  expect(JSON.stringify(health)).not.toContain('what somebody sent')
})

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
  const nothing = { conditions: [], quarantined: 0, refusals: { lastDay: 0, newest: [] }, forks: [], successions: [] }
  expect(await ask()).toEqual(nothing)

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

  const health = await ask()
  expect(health).toMatchObject({
    conditions: [{ code: 'store.failed', todo: 'Make room.' }],
    quarantined: 1,
    refusals: { lastDay: 1, newest: [{ code: 'gap' }, { code: 'root', agent: agent.agent, from: 7 }] },
    forks: [{ epoch: epochOf(3) }, { agent: agent.agent, epoch: epochOf(2), at: 5, index: 0, times: 1 }],
    successions: expect.arrayContaining([
      { agent: agent.agent, epoch: epochOf(2), expected: expect.any(String), given: expect.any(String) },
    ]),
  })
  expect(JSON.stringify(health)).not.toContain('what somebody sent')
})

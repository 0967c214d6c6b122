/** What an event costs does not depend on what was before it: statements are counted, not timed. */
import { expect, test } from 'vitest'
import { commitBatches } from '#collector/ingest/commit.ts'
import { openHot } from '#collector/store/hot.ts'
import { agentLife, batchesOf, type Life, type LifeLog } from '../support/agent-life.ts'
import { addEndpoint, agentOf, openTestStore } from '../support/collector-store.ts'
import { start } from '../support/events.ts'
import { countStatements } from '../support/statements.ts'

const told = { mailboxes: ['a', 'b'], now: start }

/** How many statements each message of 100 events takes. */
async function costs(live: (life: Life, n: number) => unknown, events: number): Promise<number[]> {
  await using rig = await openTestStore()
  const agent = { id: await addEndpoint(rig.store, 1), agent: agentOf(1) }
  const hot = openHot(rig.store)
  const life = agentLife(1)
  for (let n = 0; life.logs.flatMap((log) => log.events).length < events; n++) live(life, n)
  const batches = batchesOf({ agent, log: life.logs[0] as LifeLog }, [100])
  const counts: number[] = []
  for (const batch of batches) {
    using statements = countStatements()
    await commitBatches(rig.store, hot, [batch], told)
    counts.push(statements.count())
  }
  return counts.slice(1, -1)
}

test.for([
  ['a flapping address', (life: Life) => (life.address(1, 1, 'added'), life.address(1, 1, 'removed'))],
  ['a flapping link that breaks a rule', (life: Life) => (life.link(1, 'broken'), life.link(1, 'down'))],
  ['ever new addresses', (life: Life, n: number) => life.address(1, n, 'added')],
  ['allowed changes', (life: Life, n: number) => life.address(1, n, 'allowed')],
  [
    'an episode each eleven minutes',
    (life: Life) => (life.address(1, 1, 'added'), life.address(1, 1, 'removed'), life.pass(660_000)),
  ],
  ['files onto one medium', (life: Life, n: number) => life.copy(1, n)],
  ['a stick in and out', (life: Life, n: number) => (life.plug(n), life.unplug(n))],
  ['ever new sticks that stay', (life: Life, n: number) => life.plug(n)],
] as const)('%s: the fortieth message costs what the second did', async ([, live]) => {
  const counts = await costs(live, 4_000)
  const [early, late] = [counts.slice(0, 5), counts.slice(-5)]
  const worst = Math.max(...late)
  // a few statements more where a message happens to begin another incident
  expect(worst).toBeLessThanOrEqual(Math.max(...early) * 1.1 + 20)
  expect(worst).toBeLessThan(100 * 16)
})

test('sixty boots at once cost no more with five thousand incidents there than without', async () => {
  await using rig = await openTestStore()
  const hot = openHot(rig.store)
  const boots = async (from: number): Promise<number> => {
    using statements = countStatements()
    for (let n = from; n < from + 60; n++) {
      const agent = { id: await addEndpoint(rig.store, n, { agent: uuidOf(n) }), agent: uuidOf(n) }
      const life = agentLife(n)
      life.link(1, 'up')
      life.address(1, 1, 'allowed')
      await commitBatches(rig.store, hot, batchesOf({ agent, log: life.logs[0] as LifeLog }, [500]), told)
    }
    return statements.count()
  }
  const empty = await boots(1_000)
  const busy = { id: await addEndpoint(rig.store, 1), agent: agentOf(1) }
  const life = agentLife(1)
  for (let n = 0; n < 5_000; n++) {
    life.plug(n)
    life.unplug(n)
  }
  await commitBatches(rig.store, hot, batchesOf({ agent: busy, log: life.logs[0] as LifeLog }, [500]), told)
  expect(await rig.store.read((tx) => tx.selectFrom('incident').select('number').execute())).toHaveLength(5_000)
  expect(await boots(2_000)).toBe(empty)
})

const uuidOf = (n: number): string => `${String(n).padStart(8, '0')}-1111-4111-8111-111111111111`

/** Under full load the store is shared: whoever else needs it, an agent's greeting first of all, waits for one commit. */
import { expect, test } from 'vitest'
import type { Committed } from '#collector/ingest/commit.ts'
import { openCommitter } from '#collector/ingest/committer.ts'
import { openLive } from '#collector/live.ts'
import { agentByUuid } from '#collector/store/agents.ts'
import { logsByEpochs } from '#collector/store/logs.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { addEndpoint, agentOf, batchOf, epochOf, openTestStore } from '../support/collector-store.ts'
import { stayEvents } from '../support/events.ts'

test('a greeting is answered, and other work of the process is done, long before a hundred full messages are committed', async () => {
  await using rig = await openTestStore()
  const { store } = rig
  const endpoint = { id: await addEndpoint(store, 1), agent: agentOf(1) }
  const events = Array.from({ length: 50 }, () => stayEvents()).flat()
  let committed = 0
  const onCommit = ({ entries }: Committed): void => void (committed += entries.event)
  const committer = openCommitter(store, { clock: systemClock, live: openLive(), mailboxes: [], onCommit })
  const batches = Array.from({ length: 100 }, (_, n) =>
    batchOf(endpoint, events, { epoch: `${String(n).padStart(8, '0')}${epochOf(1).slice(8)}` }),
  )
  const done = Promise.all(batches.map((batch) => committer.submit(batch)))
  const turn = new Promise<number>((resolve) => setTimeout(() => resolve(committed), 1))
  for (let query = 0; query < 3; query++) await store.read((tx) => agentByUuid(tx, endpoint.agent))
  await store.read((tx) => logsByEpochs(tx, endpoint.id, [epochOf(1)]))
  const atGreeting = committed
  await done
  expect(committed).toBe(100 * events.length)
  expect(atGreeting / committed).toBeLessThan(0.6)
  expect((await turn) / committed).toBeLessThan(0.6)
})

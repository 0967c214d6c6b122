/** Gathers what connections want committed and commits it together. Between two transactions the process gets its turn:
 *  sockets are read, and whoever else waits for the store (a greeting, the console) goes first. */
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Live } from '#collector/live.ts'
import type { Store } from '#collector/store/database.ts'
import { openHot } from '#collector/store/hot.ts'
import type { VerifiedBatch } from './batch.ts'
import { commitBatches, type Committed } from './commit.ts'

/** One transaction ends with the batch that brings it over this: a tenth of a second, which is what anybody else waits
 *  for the store. A connection hands over one batch at a time, so the queue is bounded by the connections. */
const MAX_ENTRIES_IN_ONE = 4_000

export interface Committer {
  /** Resolves once the batch is on the disk; rejects where the store could not take it (then nothing of it is there).
   *  Batches of one log are committed in the order in which they are submitted. */
  readonly submit: (batch: VerifiedBatch) => Promise<void>
}

export interface CommitterContext {
  readonly clock: Clock
  readonly live: Live
  /** Names of the alert channels that are told of incidents. */
  readonly channels: readonly string[]
  /** Told after each commit, for counters, logs and the outbox. */
  readonly onCommit: (committed: Committed, entries: number) => void
}

interface Waiting {
  readonly batch: VerifiedBatch
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export function openCommitter(store: Store, context: CommitterContext): Committer {
  const hot = openHot(store)
  const queue: Waiting[] = []
  let running = false
  const { clock, live, channels, onCommit } = context

  const commitAll = async (taken: readonly Waiting[]): Promise<void> => {
    const batches = taken.map(({ batch }) => batch)
    try {
      const committed = await commitBatches(store, hot, batches, { channels, now: clock.wall() })
      for (const { resolve } of taken) resolve()
      for (const id of committed.incidents) live.changed({ type: 'incident', id })
      onCommit(
        committed,
        batches.reduce((sum, { entries }) => sum + entries.length, 0),
      )
    } catch (error) {
      const [only, ...more] = taken
      if (more.length === 0) return only?.reject(error)
      // One batch that cannot be stored (two connections sent the same entries) must not cost the others theirs.
      for (const one of taken) await commitAll([one])
    }
  }
  const drain = async (): Promise<void> => {
    running = true
    do {
      await setImmediate() // what has arrived on other sockets shares the transaction
      await commitAll(takeSome(queue))
    } while (queue.length > 0)
    running = false
  }
  return {
    submit: (batch) =>
      new Promise((resolve, reject) => {
        queue.push({ batch, resolve, reject })
        if (!running) void drain()
      }),
  }
}

/** From the front, and at least one. */
function takeSome(queue: Waiting[]): Waiting[] {
  let entries = 0
  const over = queue.findIndex(({ batch }) => (entries += batch.entries.length) >= MAX_ENTRIES_IN_ONE)
  return queue.splice(0, over < 0 ? queue.length : over + 1)
}

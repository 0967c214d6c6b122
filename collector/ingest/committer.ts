/** Gathers what connections want committed and commits it together. Between two transactions the process gets its turn:
 *  sockets are read, and whoever else waits for the store (a greeting, the console) goes first. */
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Live } from '#collector/live.ts'
import type { Store } from '#collector/store/database.ts'
import { openHot } from '#collector/store/hot.ts'
import type { VerifiedBatch } from './batch.ts'
import { commitBatches, type Committed } from './commit.ts'
import { openGate, type Gate } from './gate.ts'

/** Batches from the beginning of their verification to the end of their commit, × 500 parsed events of 3 KiB = 24 MiB;
 *  what is over waits as bytes. It is also what one transaction can hold, and so for how long others wait for the store:
 *  a tenth of a second or two. */
const AT_ONCE = 16

export interface Committer {
  /** To be passed before a batch is verified, and left when it is committed. */
  readonly gate: Gate
  /** Resolves once the batch is on the disk; rejects where the store could not take it (then nothing of it is there).
   *  Batches of one log are committed in the order in which they are submitted. */
  readonly submit: (batch: VerifiedBatch) => Promise<void>
  /** Who is told of incidents. */
  readonly mailboxes: readonly string[]
  /** Something was told to them outside a commit. */
  readonly told: () => void
}

export interface CommitterContext {
  readonly clock: Clock
  readonly live: Live
  readonly mailboxes: readonly string[]
  /** Told after each commit, for counters, logs and the outbox. */
  readonly onCommit: (committed: Committed) => void
}

interface Waiting {
  readonly batch: VerifiedBatch
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const nothing: Committed = {
  incidents: [],
  forks: [],
  entries: { event: 0, tombstone: 0, quarantined: 0, repeated: 0 },
  stale: false,
}

export function openCommitter(store: Store, context: CommitterContext): Committer {
  const hot = openHot(store)
  const queue: Waiting[] = [] // bounded by the gate
  let running = false
  const { clock, live, mailboxes, onCommit } = context

  const commitAll = async (taken: readonly Waiting[]): Promise<void> => {
    const batches = taken.map(({ batch }) => batch)
    try {
      const committed = await commitBatches(store, hot, batches, { mailboxes, now: clock.wall() })
      for (const { resolve } of taken) resolve()
      for (const id of committed.incidents) live.changed({ type: 'incident', id })
      onCommit(committed)
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
      await commitAll(queue.splice(0, AT_ONCE))
    } while (queue.length > 0)
    running = false
  }
  return {
    gate: openGate(AT_ONCE),
    mailboxes,
    told: () => onCommit(nothing),
    submit: (batch) =>
      new Promise((resolve, reject) => {
        queue.push({ batch, resolve, reject })
        if (!running) void drain()
      }),
  }
}

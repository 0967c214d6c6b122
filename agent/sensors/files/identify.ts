/** What is in a file that came to rest: one at a time, behind everything else. */
import { hashFile, type Expected, type Hashed } from '#agent/content/hash.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { doorbell } from './doorbell.ts'

export type Hash = (path: string, expected: Expected, signal: AbortSignal) => Promise<Hashed>

export const hashBy =
  (clock: Clock): Hash =>
  (path, expected, signal) =>
    hashFile(path, expected, clock, signal)

/** A burst of 10,000 files and as many again; × 500 bytes = 10 MB. Beyond: `too-many`, at once. */
const MAX_WAITING = 20_000
/** A medium that is pulled fails reads before the media table knows: so long an answer waits for a better one. */
const GRACE_MS = 500

export type Identified = { sha256: string } | { why: 'removed' | 'too-large' | 'unreadable' | 'changed' | 'too-many' }
export interface Job {
  readonly path: string
  readonly expected: Expected
  /** Aborts when the volume goes. */
  readonly gone: AbortSignal
  readonly answer: (identified: Identified) => void
}

export interface Identifier {
  /** Each job is answered once, unless the agent stops first. */
  add: (job: Job) => void
  /** Works until the signal aborts; before each job it waits for `told`. */
  run: (told: () => Promise<void>) => Promise<void>
}

export function identifier(hash: Hash, clock: Clock, signal: AbortSignal, maxWaiting = MAX_WAITING): Identifier {
  let waiting: Job[] = []
  const bell = doorbell(signal)
  const answerOne = async (job: Job): Promise<void> => {
    const stop = AbortSignal.any([job.gone, signal])
    const hashed = await hash(job.path, job.expected, stop)
    if ('why' in hashed && hashed.why === 'unreadable') await clock.sleep(GRACE_MS, stop)
    if (signal.aborted) return
    job.answer('why' in hashed && job.gone.aborted ? { why: 'removed' } : hashed)
  }
  return {
    add: (job) => {
      if (waiting.length >= maxWaiting) return job.answer({ why: 'too-many' })
      waiting.push(job)
      bell.ring()
    },
    run: async (told) => {
      while (!signal.aborted) {
        await bell.rung()
        const batch = waiting
        waiting = []
        for (const job of batch) {
          await told()
          if (signal.aborted) return
          await answerOne(job)
        }
      }
    },
  }
}

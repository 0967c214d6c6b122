/** What is in a file that came to rest: one at a time, behind everything else. */
import { hashFile, type Expected, type Hashed } from '#agent/content/hash.ts'
import { makeBell } from '#base/bell.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Detail } from '#shared/event/kinds.ts'

export type HashFile = (path: string, expected: Expected, signal: AbortSignal) => Promise<Hashed>

export const hashBy =
  (clock: Clock): HashFile =>
  (path, expected, signal) =>
    hashFile(path, expected, clock, signal)

/** A burst of 10,000 files and as many again; × 500 bytes = 10 MB. Beyond: `too-many`, at once. */
const MAX_WAITING = 20_000
/** While a crowd of copies is followed hashing would slow that down: it waits, but no longer than this. */
const PATIENCE_MS = 5000
const LOOK_UP_MS = 50
/** A medium that is pulled fails reads before the media table knows: so long an answer waits for a better one. */
const GRACE_MS = 500

export interface Job {
  readonly path: string
  readonly expected: Expected
  /** Aborts when the volume goes. */
  readonly gone: AbortSignal
  readonly answer: (identified: Detail<'file.identified'>) => void
}

export interface IdentifierDependencies {
  hash: HashFile
  clock: Clock
  /** Whether so much goes on that hashing should wait. */
  isCrowded: () => boolean
  /** Resolves when there is room for answers. */
  told: () => Promise<void>
  signal: AbortSignal
  maxWaiting?: number
}

export interface Identifier {
  /** Each job is answered once, unless the agent stops first. */
  add: (job: Job) => void
  /** Works until the signal aborts. */
  run: () => Promise<void>
}

export function identifier(deps: IdentifierDependencies): Identifier {
  const { clock, signal, maxWaiting = MAX_WAITING } = deps
  const bell = makeBell(signal)
  let waiting: (Job & { patientUntil: number })[] = []
  let unanswered = 0
  const answerOne = async (job: Job): Promise<void> => {
    const stop = AbortSignal.any([job.gone, signal])
    const hashed = await deps.hash(job.path, job.expected, stop)
    if ('why' in hashed && hashed.why === 'unreadable') await clock.sleep(GRACE_MS, stop)
    if (!signal.aborted) job.answer('why' in hashed && job.gone.aborted ? { why: 'removed' } : hashed)
  }
  return {
    add: (job) => {
      if (unanswered >= maxWaiting) return job.answer({ why: 'too-many' })
      unanswered++
      waiting.push({ ...job, patientUntil: clock.monotonic() + PATIENCE_MS })
      bell.ring()
    },
    run: async () => {
      while (!signal.aborted) {
        await bell.rung()
        const batch = waiting
        waiting = []
        for (const job of batch) {
          while (deps.isCrowded() && clock.monotonic() < job.patientUntil && !job.gone.aborted && !signal.aborted)
            await clock.sleep(LOOK_UP_MS, signal)
          await deps.told()
          if (signal.aborted) return
          await answerOne(job)
          unanswered--
        }
      }
    },
  }
}

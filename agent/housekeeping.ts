/** What has to be looked at from time to time, whatever happens. */
import type { Journal } from '#agent/journal/journal.ts'
import { JournalFullError } from '#agent/journal/format.ts'
import type { TrustedTime } from '#agent/uplink/trusted-time.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'

const EVERY_MS = 60_000
const DAY_MS = 86_400_000
/** Receipted logs stay so long, so that a restored collector gets them again. */
const KEEP_S = 7 * 86_400

export interface HousekeepingDependencies {
  readonly journal: Pick<Journal, 'prune'>
  readonly trusted: TrustedTime
  readonly watchEnds: (trusted: number) => void
  readonly clock: Clock
  readonly crash: (error: unknown) => void
}

/** Each minute: the documents' ends, and trusted time for the next start. At the start and each day: logs that may go. */
export function keepHouse({ journal, trusted, watchEnds, clock, crash }: HousekeepingDependencies): AsyncDisposable {
  const stop = new AbortController()
  let prunedAt = -Infinity
  const round = async (): Promise<void> => {
    const now = trusted.at(clock.monotonic()).ms
    watchEnds(now)
    await trusted.remember()
    if (clock.monotonic() - prunedAt < DAY_MS) return
    prunedAt = clock.monotonic()
    await journal.prune(Math.floor(now / 1000) - KEEP_S)
  }
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await round().catch((error: unknown) => {
        if (!(error instanceof JournalFullError)) throw error // a full disk: the recorder says so; the next round tries again
      })
      await clock.sleep(EVERY_MS, stop.signal)
    }
  }
  const running = run().catch(crash)
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      await trusted.remember().catch(() => undefined) // a minute of it is lost then, no more
    },
  }
}

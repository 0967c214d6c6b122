/** Rings are counted, not heard: whoever counted before looking misses none. */
import type { Clock } from '#shared/vocabulary/clock.ts'

export interface Bell {
  readonly ring: () => void
  readonly rung: () => number
  /** Until it rings again after that count, or `ms` have passed. */
  readonly wait: (since: number, ms: number) => Promise<void>
}

export function makeBell(clock: Pick<Clock, 'sleep'>): Bell {
  let count = 0
  let waiting = new AbortController()
  return {
    ring() {
      count += 1
      waiting.abort()
    },
    rung: () => count,
    async wait(since, ms) {
      if (count !== since) return
      waiting = new AbortController()
      await clock.sleep(ms, waiting.signal)
    },
  }
}

/** So many a second, and so many at once: a token bucket whose debt is bounded, so that whoever was too quick waits, and
 *  never for long. */
import type { Clock } from '#shared/vocabulary/clock.ts'

export interface Rate {
  /** Counts one that has come already. */
  readonly spend: () => void
  /** How long nothing more may come; 0: it may. */
  readonly owedMs: () => number
}

export interface RateLimits {
  readonly perSecond: number
  /** At once, after a rest; and the most that is owed. */
  readonly burst: number
}

export function openRate({ perSecond, burst }: RateLimits, clock: Pick<Clock, 'monotonic'>): Rate {
  let [left, at] = [burst, clock.monotonic()]
  const refill = (): void => {
    const now = clock.monotonic()
    left = Math.min(burst, left + ((now - at) / 1000) * perSecond)
    at = now
  }
  return {
    spend() {
      refill()
      left = Math.max(-burst, left - 1)
    },
    owedMs() {
      refill()
      return left >= 0 ? 0 : Math.ceil((-left / perSecond) * 1000)
    },
  }
}

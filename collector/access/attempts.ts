/** Failed sign-ins, counted by account and address together: whoever tries passwords waits longer and longer, and nobody
 *  else does. The right password from another address gets in at once, and a new password begins a new count. */
import type { Clock } from '#shared/vocabulary/clock.ts'

/** A person mistypes. */
const FREE_FAILURES = 3
const FIRST_WAIT_MS = 1_000
/** Doubling up to this: 2,880 tries a day from one address, against 79 bits of a one-time password. Never a lock-out. */
const LONGEST_WAIT_MS = 30_000
/** After so long without a failure it begins anew. */
const FORGOTTEN_MS = 15 * 60_000
const MAX_KEYS = 10_000 // × about 200 bytes = 2 MB; the oldest is forgotten first

/** Which password of which account is tried from where. `password` tells one password from the next, and is none. */
export interface Tried {
  readonly account: string
  readonly password: string
  readonly address: string
}

export interface Attempts {
  /** Milliseconds to wait before the next try; 0: it may be tried now. */
  readonly waitMs: (tried: Tried) => number
  readonly failed: (tried: Tried) => void
  readonly succeeded: (tried: Tried) => void
}

interface Count {
  readonly failures: number
  readonly at: number
}

const keyOf = ({ account, password, address }: Tried): string => JSON.stringify([account, password, address])

const waitAfter = (failures: number): number =>
  failures <= FREE_FAILURES ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES - 1))

export function attempts(clock: Pick<Clock, 'monotonic'>): Attempts {
  const counts = new Map<string, Count>()
  const current = (key: string): Count | undefined => {
    const count = counts.get(key)
    return count !== undefined && clock.monotonic() - count.at < FORGOTTEN_MS ? count : undefined
  }
  return {
    waitMs(tried) {
      const count = current(keyOf(tried))
      return count === undefined ? 0 : Math.max(0, count.at + waitAfter(count.failures) - clock.monotonic())
    },
    failed(tried) {
      const key = keyOf(tried)
      const failures = (current(key)?.failures ?? 0) + 1
      counts.delete(key)
      counts.set(key, { failures, at: clock.monotonic() })
      const [oldest] = counts.keys()
      if (counts.size > MAX_KEYS && oldest !== undefined) counts.delete(oldest)
    },
    succeeded: (tried) => void counts.delete(keyOf(tried)),
  }
}

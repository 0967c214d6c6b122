/** Failed sign-ins, counted by account and by address, so that nobody tries passwords for long. */
import type { Clock } from '#shared/vocabulary/clock.ts'

const WINDOW_MS = 15 * 60_000
/** By account: 10 in 15 minutes are 960 a day against 79 bits, and a person who forgot is not kept out for long. */
const MAX_FAILURES_OF_ACCOUNT = 10
/** By address: an office may sit behind one address. */
const MAX_FAILURES_OF_ADDRESS = 30
const MAX_KEYS = 10_000 // × about 200 bytes = 2 MB; the oldest is forgotten first

export interface Attempts {
  /** Milliseconds to wait before the next try; 0: it may be tried now. */
  readonly waitMs: (account: string, address: string) => number
  readonly failed: (account: string, address: string) => void
  /** A right password clears the account's count and takes back the one try from the address. */
  readonly succeeded: (account: string, address: string) => void
}

interface Count {
  failures: number
  since: number
}

const ofAccount = (name: string): string => `account ${name}`
const ofAddress = (address: string): string => `address ${address}`

export function attempts(clock: Clock): Attempts {
  const counts = new Map<string, Count>()
  const current = (key: string): Count | undefined => {
    const count = counts.get(key)
    return count !== undefined && clock.monotonic() - count.since < WINDOW_MS ? count : undefined
  }
  const wait = (key: string, limit: number): number => {
    const count = current(key)
    return count === undefined || count.failures < limit ? 0 : count.since + WINDOW_MS - clock.monotonic()
  }
  const add = (key: string, more: 1 | -1): void => {
    const count = current(key) ?? { failures: 0, since: clock.monotonic() }
    counts.delete(key)
    counts.set(key, { ...count, failures: count.failures + more })
    const [oldest] = counts.keys()
    if (counts.size > MAX_KEYS && oldest !== undefined) counts.delete(oldest)
  }
  return {
    waitMs: (account, address) =>
      Math.max(wait(ofAccount(account), MAX_FAILURES_OF_ACCOUNT), wait(ofAddress(address), MAX_FAILURES_OF_ADDRESS)),
    failed: (account, address) => {
      add(ofAccount(account), 1)
      add(ofAddress(address), 1)
    },
    succeeded: (account, address) => {
      counts.delete(ofAccount(account))
      add(ofAddress(address), -1)
    },
  }
}

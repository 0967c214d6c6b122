/** Records failed sign-ins: the first ten of an address in a minute one by one, what is over as one record with a count. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { About, Access, Actor } from './acting.ts'

const ONE_BY_ONE = 10
const WINDOW_MS = 60_000
/** Addresses with a count under way; with more, the oldest count is recorded at once. */
const MAX_ADDRESSES = 1_000

interface Window {
  readonly since: number
  failures: number
}

export interface Failures {
  /** Resolves when it is recorded, or counted. */
  readonly failed: (actor: Actor, address: string) => Promise<void>
  /** Records the counts of minutes that are over; `all`: of those under way too. */
  readonly settle: (all?: 'all') => Promise<void>
}

const ofAccount = ({ name }: Actor): About => ({ act: 'session.refused', subject: { kind: 'account', id: name } })

export function openFailures(access: Access, clock: Clock): Failures {
  const windows = new Map<string, Window>()

  const isOver = ({ since }: Window): boolean => clock.monotonic() - since >= WINDOW_MS

  async function close(address: string, window: Window): Promise<void> {
    windows.delete(address)
    const count = window.failures - ONE_BY_ONE
    if (count <= 0) return
    const nobody: Actor = { kind: 'account', id: '', name: '', address }
    const about: About = { act: 'session.refused', subject: { kind: 'address', id: address }, count }
    try {
      await access.act(nobody, about, async () => undefined)
    } catch (error) {
      if (!windows.has(address)) windows.set(address, window) // it is recorded when the store takes something again
      throw error
    }
  }

  return {
    async failed(actor, address) {
      const before = windows.get(address)
      if (before !== undefined && isOver(before)) await close(address, before)
      const window = windows.get(address) ?? { since: clock.monotonic(), failures: 0 }
      windows.set(address, window)
      const failures = ++window.failures
      const [oldest] = windows
      if (windows.size > MAX_ADDRESSES && oldest !== undefined) await close(...oldest)
      if (failures <= ONE_BY_ONE) await access.act(actor, ofAccount(actor), async () => undefined)
    },
    async settle(all) {
      for (const [address, window] of windows) if (all === 'all' || isOver(window)) await close(address, window)
    },
  }
}

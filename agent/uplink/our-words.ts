/** What an agent says of itself: its greeting and its heartbeat. */
import type { Conditions } from '#agent/conditions.ts'
import type { Journal, LogState } from '#agent/journal/journal.ts'
import { timeNow, type Clock } from '#shared/vocabulary/clock.ts'
import { MAX_EPOCHS, MAX_HELLO_PAGES, type MessageHeader } from '#shared/wire/messages.ts'
import type { Documents } from './documents.ts'

export interface OurWords {
  /** The pages of the greeting, one at least, each answered by its welcome; `body` goes with the first. */
  readonly hello: () => { readonly pages: readonly MessageHeader[]; readonly body: string }
  readonly heartbeat: () => MessageHeader
}

export function ourWords(
  { version, boot }: { version: string; boot: string },
  {
    journal,
    documents,
    conditions,
    clock,
  }: {
    journal: Pick<Journal, 'logs' | 'newest' | 'newestReceipt' | 'fill'>
    documents: Pick<Documents, 'versions'>
    conditions: Conditions
    clock: Clock
  },
): OurWords {
  const machineClock = (): { at: string; mono: number } => ({ at: timeNow(clock), mono: clock.monotonic() })
  return {
    hello() {
      const common = { type: 'hello' as const, version, boot, clock: machineClock(), ...documents.versions() }
      const parts = pagesOf(listed(journal.logs()).map(({ epoch, size }) => ({ epoch, size })))
      const pages = parts.map((epochs, at) => ({
        ...common,
        epochs,
        ...(at < parts.length - 1 && { more: true as const }),
      }))
      return { pages, body: journal.newestReceipt() ?? '' }
    },
    heartbeat() {
      const newest = journal.newest()
      return {
        type: 'heartbeat',
        clock: machineClock(),
        conditions: conditions.list(),
        journal: journal.fill(),
        ...(newest && { newest: { epoch: newest.epoch, index: newest.size - 1 } }),
      }
    },
  }
}

const MAX_LISTED = MAX_EPOCHS * MAX_HELLO_PAGES

/** As many as all pages take, oldest first. What is over is left out among the oldest that are wholly receipted; of more
 *  that wait for a receipt the oldest go first, and the others with a later connection. */
function listed(logs: readonly LogState[]): readonly LogState[] {
  let over = Math.max(0, logs.length - MAX_LISTED)
  return logs.filter(({ size, receipted }) => over === 0 || receipted < size || over-- === 0).slice(0, MAX_LISTED)
}

function pagesOf<T>(all: readonly T[]): T[][] {
  const pages = Array.from({ length: Math.max(1, Math.ceil(all.length / MAX_EPOCHS)) }, (_, page) => page)
  return pages.map((page) => all.slice(page * MAX_EPOCHS, (page + 1) * MAX_EPOCHS))
}

/** What an agent says of itself: its greeting and its heartbeat (CONTRACTS §4). */
import type { Conditions } from '#agent/conditions.ts'
import type { Journal } from '#agent/journal/journal.ts'
import { timeNow, type Clock } from '#shared/vocabulary/clock.ts'
import { MAX_EPOCHS, type Header } from '#shared/wire/messages.ts'
import type { Documents } from './documents.ts'

export interface OurWords {
  readonly hello: () => { readonly header: Header; readonly body: string }
  readonly heartbeat: () => Header
}

export function ourWords(
  { version, boot }: { version: string; boot: string },
  {
    journal,
    documents,
    conditions,
    clock,
  }: { journal: Journal; documents: Documents; conditions: Conditions; clock: Clock },
): OurWords {
  const machineClock = (): { at: string; mono: number } => ({ at: timeNow(clock), mono: clock.monotonic() })
  return {
    hello() {
      const logs = journal.logs()
      // More than one greeting lists: those that wait for a receipt go first.
      const listed = logs.length <= MAX_EPOCHS ? logs : logs.filter(({ size, receipted }) => receipted < size)
      const epochs = listed.slice(0, MAX_EPOCHS).map(({ epoch, size }) => ({ epoch, size }))
      const header = { type: 'hello' as const, version, boot, clock: machineClock(), ...documents.versions(), epochs }
      return { header, body: journal.newestReceipt() ?? '' }
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

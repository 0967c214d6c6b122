/** Reading a log from any place: the entries, and the tree's frontier there, without which no checkpoint can be signed. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { append, emptyFrontier, type Frontier } from '#shared/evidence/merkle.ts'
import { MAX_ENTRIES, MAX_ENTRY_BYTES } from '#shared/wire/messages.ts'
import type { EntryRow, Logs } from './logs.ts'

export interface Batch {
  readonly from: number
  /** As they are sent: lines and tombstones. */
  readonly entries: readonly string[]
  /** After the last of them. */
  readonly frontier: Frontier
}

export interface Reading {
  readonly read: (epoch: string, from: number) => Promise<Batch | undefined>
  readonly frontierAt: (epoch: string, size: number) => Promise<Frontier | undefined>
  /** The frontier after all entries of a log that come after this one. */
  readonly extend: (id: number, frontier: Frontier) => Frontier
  /** After a log changed under the reader. */
  readonly forget: () => void
}

/** One step takes about 10 ms: other work of the agent goes on between two. */
const STEP = 5_000
/** As many messages as can be without a receipt, and one; × 50 hashes at most = 100 KiB. */
const MAX_CACHED = 65

export function openReading(logs: Logs): Reading {
  // Where the last batches ended: the next one begins there, and receipts come for these sizes.
  let cached: { readonly epoch: string; readonly frontier: Frontier }[] = []
  const remember = (epoch: string, frontier: Frontier): void => {
    cached = [...cached, { epoch, frontier }].slice(-MAX_CACHED)
  }
  const nearest = (epoch: string, size: number): Frontier =>
    cached
      .filter((known) => known.epoch === epoch && known.frontier.size <= size)
      .reduce((best, { frontier }) => (frontier.size > best.size ? frontier : best), emptyFrontier)

  const step = (id: number, frontier: Frontier, until: number): Frontier =>
    append(frontier, leavesOf(logs.entries(id, frontier.size, Math.min(STEP, until - frontier.size))))
  const frontierAt = async (epoch: string, size: number): Promise<Frontier | undefined> => {
    const log = logs.find(epoch)
    if (log === undefined || size > log.size) return undefined
    if (size === log.size) return log.frontier
    let frontier = nearest(epoch, size)
    while (frontier.size < size) {
      const next = step(log.id, frontier, size)
      if (next.size === frontier.size) return undefined // it went while we read
      frontier = next
      if (frontier.size < size) await nextTurn()
    }
    remember(epoch, frontier)
    return frontier
  }
  return {
    frontierAt,
    async read(epoch, from) {
      const log = logs.find(epoch)
      const start = await frontierAt(epoch, from)
      if (log === undefined || start === undefined) return undefined
      const rows = withinOneMessage(logs.entries(log.id, from, MAX_ENTRIES))
      const frontier = append(
        start,
        rows.map(({ leaf }) => leaf),
      )
      remember(epoch, frontier)
      return { from, entries: rows.map(({ text }) => text), frontier }
    },
    extend(id, frontier) {
      for (let before = frontier; ; before = frontier) {
        frontier = step(id, frontier, Number.MAX_SAFE_INTEGER)
        if (frontier.size === before.size) return frontier
      }
    },
    forget: () => {
      cached = []
    },
  }
}

function* leavesOf(entries: Iterable<EntryRow>): Generator<Buffer> {
  for (const { leaf } of entries) yield leaf
}

/** One at least: a line is smaller than a message. */
function withinOneMessage(entries: Iterable<EntryRow>): readonly EntryRow[] {
  const taken: EntryRow[] = []
  let bytes = 0
  for (const entry of entries) {
    bytes += Buffer.byteLength(entry.text) + 1
    if (bytes > MAX_ENTRY_BYTES && taken.length > 0) break
    taken.push(entry)
  }
  return taken
}

/** What the store holds of an agent's logs, as far as the next message needs it. An agent drains one log at a time, so one
 *  is remembered; a restart finds all of it in the store. */
import type { Store } from '#collector/store/database.ts'
import { entryState } from '#collector/store/hot.ts'
import {
  entriesOf,
  lastIndexOf,
  logByEpoch,
  logsByEpochs,
  shrinkLog,
  type KnownLogRow,
  type StoredEntry,
} from '#collector/store/logs.ts'
import {
  append,
  emptyFrontier,
  HASH_BYTES,
  leafHash,
  packFrontier,
  unpackFrontier,
  type Frontier,
} from '#shared/evidence/merkle.ts'
import type { HeldEntry } from './verify.ts'

export interface StoredLog {
  readonly epoch: string
  readonly frontier: Frontier
  /** Empty where nothing is stored. */
  readonly checkpoint: string
  /** Of its first entry; undefined where nothing is stored, or that entry does not say. */
  readonly boot: string | undefined
}

export interface StoredLogs {
  /** Of these epochs what is stored, read anew. */
  readonly all: (epochs: readonly string[]) => Promise<(epoch: string) => StoredLog>
  readonly one: (epoch: string) => Promise<StoredLog>
  /** What is stored from index `from` on, at most `count`. */
  readonly held: (log: StoredLog, from: number, count: number) => Promise<HeldEntry[]>
  /** The commit is on the disk: remember what came of it. */
  readonly advanced: (log: StoredLog) => void
  /** The store has lost an entry in the middle: the log is held without a hole up to that size. */
  readonly cutTo: (epoch: string, size: number) => Promise<void>
}

export interface StoredLogsParts {
  readonly store: Pick<Store, 'read' | 'write'>
  /** The store has lost the end of a log: what is there from now on is asked for again. */
  readonly lost: (log: { epoch: string; size: number; held: number }) => void
}

/** A hash for each 1 of the size's bits; a torn one is made anew from the entries. */
const isFrontier = ({ size, frontier }: KnownLogRow): boolean =>
  frontier.length === HASH_BYTES * size.toString(2).replaceAll('0', '').length

const fromRow = ({ epoch, size, frontier, checkpoint, boot }: KnownLogRow): StoredLog => ({
  epoch,
  frontier: unpackFrontier(size, frontier),
  checkpoint,
  boot: boot === '' ? undefined : boot,
})
const nothing = (epoch: string): StoredLog => ({ epoch, frontier: emptyFrontier, checkpoint: '', boot: undefined })

export function storedLogs({ store, lost }: StoredLogsParts, agentId: number): StoredLogs {
  let current: StoredLog | undefined
  const sound = async (row: KnownLogRow): Promise<StoredLog> => {
    const held = await store.read((tx) => lastIndexOf(tx, row.id))
    if (held >= row.size) return isFrontier(row) ? fromRow(row) : cutBack(store, row, row.size)
    lost({ epoch: row.epoch, size: row.size, held })
    return cutBack(store, row, held)
  }
  return {
    async all(epochs) {
      current = undefined
      const found = epochs.length === 0 ? [] : await store.read((tx) => logsByEpochs(tx, agentId, epochs))
      const logs = new Map<string, StoredLog>()
      for (const row of found) logs.set(row.epoch, await sound(row))
      return (epoch) => logs.get(epoch) ?? nothing(epoch)
    },
    async one(epoch) {
      if (current?.epoch === epoch) return current
      const row = await store.read((tx) => logByEpoch(tx, agentId, epoch))
      current = row === undefined ? nothing(epoch) : await sound(row)
      return current
    },
    async held({ epoch, frontier }, from, count) {
      const below = Math.min(frontier.size, from + count)
      if (below <= from) return []
      return store.read(async (tx) => {
        const row = await logByEpoch(tx, agentId, epoch)
        return row === undefined ? [] : (await entriesOf(tx, row.id, from, below)).map(heldEntry)
      })
    },
    advanced(log) {
      current = log
    },
    async cutTo(epoch, size) {
      const row = await store.read((tx) => logByEpoch(tx, agentId, epoch))
      if (row === undefined || row.size <= size) return
      lost({ epoch, size: row.size, held: size })
      current = await cutBack(store, row, size)
    },
  }
}

const leafOf = ({ line, leaf }: StoredEntry): Buffer =>
  line === null ? Buffer.from(leaf ?? []) : leafHash(Buffer.from(line))

const heldEntry = (entry: StoredEntry): HeldEntry => ({
  index: entry.idx,
  leaf: leafOf(entry),
  tombstone: entry.state === entryState.tombstone,
})

/** Entries read at once while a log is cut back: × 700 bytes. */
const AT_ONCE = 5_000

/** The log as it really is: as far as its entries are there without a hole. A receipt says that all are held, so what was
 *  lost has to come again. */
async function cutBack(store: Pick<Store, 'read' | 'write'>, row: KnownLogRow, held: number): Promise<StoredLog> {
  let frontier = emptyFrontier
  while (frontier.size < held) {
    const from = frontier.size
    const some = await store.read((tx) => entriesOf(tx, row.id, from, Math.min(held, from + AT_ONCE)))
    const joined = some.filter(({ idx }, at) => idx === from + at)
    frontier = append(frontier, joined.map(leafOf))
    if (joined.length < Math.min(held, from + AT_ONCE) - from) break
  }
  await store.write((tx) => shrinkLog(tx, row.id, row.size, { size: frontier.size, frontier: packFrontier(frontier) }))
  return { epoch: row.epoch, frontier, checkpoint: row.checkpoint, boot: row.boot === '' ? undefined : row.boot }
}

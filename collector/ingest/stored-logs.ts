/** What the store holds of an agent's logs, as far as the next message needs it. An agent drains one log at a time, so one
 *  is remembered; a restart finds all of it in the store. */
import type { Store } from '#collector/store/database.ts'
import { entriesOf, logByEpoch, logsOf, type LogRow } from '#collector/store/logs.ts'
import { emptyFrontier, leafHash, unpackFrontier, type Frontier } from '#shared/evidence/merkle.ts'

export interface StoredLog {
  readonly epoch: string
  readonly frontier: Frontier
  /** Empty where nothing is stored. */
  readonly checkpoint: string
}

export interface StoredLogs {
  /** All of them, read anew. */
  readonly all: () => Promise<(epoch: string) => StoredLog>
  readonly one: (epoch: string) => Promise<StoredLog>
  /** The leaf hashes that are stored from index `from` on, at most `count`. */
  readonly leaves: (log: StoredLog, from: number, count: number) => Promise<Buffer[]>
  /** The commit is on the disk: remember what came of it. */
  readonly advanced: (log: StoredLog) => void
  /** Undefined where nothing is stored. */
  readonly idOf: (epoch: string) => Promise<number | undefined>
}

const fromRow = ({ epoch, size, frontier, checkpoint }: LogRow): StoredLog => ({
  epoch,
  frontier: unpackFrontier(size, frontier),
  checkpoint,
})
const nothing = (epoch: string): StoredLog => ({ epoch, frontier: emptyFrontier, checkpoint: '' })

export function storedLogs({ db }: Store, endpointId: number): StoredLogs {
  let current: StoredLog | undefined
  const idOf = async (epoch: string): Promise<number | undefined> => (await logByEpoch(db, endpointId, epoch))?.id
  return {
    async all() {
      const rows = new Map((await logsOf(db, endpointId)).map((row) => [row.epoch, row]))
      return (epoch) => {
        const row = rows.get(epoch)
        return row === undefined ? nothing(epoch) : fromRow(row)
      }
    },
    async one(epoch) {
      if (current?.epoch === epoch) return current
      const row = await logByEpoch(db, endpointId, epoch)
      current = row === undefined ? nothing(epoch) : fromRow(row)
      return current
    },
    async leaves({ epoch, frontier }, from, count) {
      const overlap = Math.min(frontier.size - from, count)
      if (overlap <= 0) return []
      const id = await idOf(epoch)
      if (id === undefined) return []
      const entries = await entriesOf(db, id, from, overlap)
      return entries.map(({ line, leaf }) => (line === null ? Buffer.from(leaf ?? []) : leafHash(Buffer.from(line))))
    },
    advanced(log) {
      current = log
    },
    idOf,
  }
}

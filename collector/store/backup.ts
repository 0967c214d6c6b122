/** A copy of the store as it is at one moment, taken beside whoever writes to it: neither waits for the other. */
import { randomUUID } from 'node:crypto'
import { open } from 'node:fs/promises'
import { backup, DatabaseSync } from 'node:sqlite'
import { StoreError } from './migrate.ts'

/** Pages between two words of progress: 8 MiB. */
const PAGES_AT_ONCE = 2_048

export interface StoreCopy {
  /** The copy is a life of its own: nobody takes a place in its feed for one in the original's. */
  readonly incarnation: string
  readonly bytes: number
}

/** `into` must not be there; it is one file, checked and on the disk, when it resolves. What is there when it rejects is no
 *  copy. `progress`: bytes copied, and in all. */
export async function copyStore(
  file: string,
  into: string,
  progress: (done: number, all: number) => void,
): Promise<StoreCopy> {
  await (await open(into, 'wx', 0o600)).close()
  const source = new DatabaseSync(file, { readOnly: true })
  try {
    const pageBytes = numberOf(source, 'PRAGMA page_size')
    // A snapshot: SQLite would begin again with each commit of another connection (sqlite.org/c3ref/backup_finish.html).
    source.exec('BEGIN')
    source.prepare('SELECT form FROM store').get()
    await backup(source, into, {
      rate: PAGES_AT_ONCE,
      progress: ({ totalPages, remainingPages }) =>
        progress((totalPages - remainingPages) * pageBytes, totalPages * pageBytes),
    })
  } finally {
    source.close()
  }
  return finish(into)
}

function finish(file: string): StoreCopy {
  const copy = new DatabaseSync(file)
  try {
    copy.exec('PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE') // one file: nothing lies in a log beside it
    const incarnation = randomUUID()
    copy.prepare('UPDATE store SET incarnation = ?').run(incarnation)
    const found = copy.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (found !== 'ok') throw new StoreError(`The copy is damaged (${String(found)}): look at both disks.`)
    return { incarnation, bytes: numberOf(copy, 'PRAGMA page_count') * numberOf(copy, 'PRAGMA page_size') }
  } finally {
    copy.close()
  }
}

const numberOf = (database: DatabaseSync, sql: string): number =>
  Number(Object.values(database.prepare(sql).get() ?? {})[0])

/** The journal's file, format 2.
 *
 *  One SQLite database, WAL, synchronous=FULL, one process at a time (exclusive lock). What holds after every commit:
 *  - A `log` is one epoch, and all its events are of one `boot`. Logs are sent in the order of their `position`; the last
 *    is the one that is being written. `previous` is what its first entry says of the log before it (JSON).
 *  - Its entries have idx 0 … size-1 without a hole, and `frontier` is that of the tree of exactly these, so that
 *    appending costs nothing but the new entries. Entry 0 is `agent.started`: a log comes to be together with it.
 *  - An entry is its line, exactly the bytes that were hashed (UTF-8). With a reason it is sent as a tombstone.
 *  - `receipted` is how many entries the collector has said it holds, `receipt_seconds` when; it never goes back, and
 *    nothing below it is ever changed. Logs go whole, and only when all of them is receipted.
 *  - `receipt` holds the last receipt of each day (day number since 1970): about 600 bytes a day.
 *  - `kept` are a few small values by name, written over and over. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const FORMAT = 2
export const PAGE_BYTES = 4096
const MAX_DAMAGED = 3 // files of journalLimitBytes at most, kept for whoever wants to look; the oldest goes

const tables = `
  CREATE TABLE log (
    id INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE, position INTEGER NOT NULL, boot TEXT NOT NULL, previous TEXT,
    size INTEGER NOT NULL, frontier BLOB NOT NULL, last_at TEXT NOT NULL, receipted INTEGER NOT NULL DEFAULT 0, receipt_seconds INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX log_in_order ON log (position);
  CREATE TABLE entry (
    log INTEGER NOT NULL, idx INTEGER NOT NULL, line TEXT NOT NULL, reason TEXT, PRIMARY KEY (log, idx)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE receipt (day INTEGER PRIMARY KEY, seconds INTEGER NOT NULL, note TEXT NOT NULL) STRICT;
  CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  PRAGMA user_version = ${FORMAT};
`

/** The journal cannot be used as it is; the message says what to do. */
export class JournalError extends Error {
  override name = 'JournalError'
}
/** No room, or the disk refuses: nothing of what was handed over is recorded, what was recorded before stands. */
export class JournalFullError extends Error {
  override name = 'JournalFullError'
}

const FULL = 13
const IO = 10
const READ_ONLY = 8
const BUSY = 5
const CORRUPT = 11
const NO_DATABASE = 26

/** SQLite's primary result code (sqlite.org/rescode.html); undefined where the error is none of SQLite's. */
function resultCode(error: unknown): number | undefined {
  const isCoded = error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
  return isCoded ? Number(error.errcode) & 0xff : undefined
}
/** As a JournalFullError where nothing can be written; else the error itself. */
export function asFull(error: unknown): unknown {
  const code = resultCode(error)
  return code === FULL || code === IO || code === READ_ONLY
    ? new JournalFullError(error instanceof Error ? error.message : 'cannot write', { cause: error })
    : error
}

/** Opens the file, made where it is not there. `damaged`: where the one that was there now lies, for it was unusable. */
export function openFile(file: string, limitBytes: number): { db: DatabaseSync; damaged?: string } {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    return { db: openSound(file, limitBytes) }
  } catch (error) {
    const code = resultCode(error)
    if (code === BUSY)
      throw new JournalError(`${file} is in use: another agent runs on this data folder. Stop it first.`)
    if (code !== CORRUPT && code !== NO_DATABASE) throw error
    const damaged = moveAside(file)
    return { db: openSound(file, limitBytes), damaged }
  }
}

function openSound(file: string, limitBytes: number): DatabaseSync {
  const db = new DatabaseSync(file)
  try {
    db.exec(`
      PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = ${PAGE_BYTES};
      PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA max_page_count = ${Math.floor(limitBytes / PAGE_BYTES)}; PRAGMA journal_size_limit = 16777216;
    `)
    const format = Number(db.prepare('PRAGMA user_version').get()?.['user_version'])
    if (format === 0) db.exec(`BEGIN IMMEDIATE; ${tables} COMMIT;`)
    else if (format !== FORMAT)
      throw new JournalError(
        `${file} has format ${format}, this version knows ${FORMAT}: use the version that wrote it, or move the file ` +
          'away, and what it had not sent is missing.',
      )
    if (!endedClean(db) && db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] !== 'ok')
      throw Object.assign(new Error('quick_check failed'), { errcode: CORRUPT })
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** After a clean end the file is as SQLite left it; the check, about a second for 1 GiB, is for all other ends. */
const endedClean = (db: DatabaseSync): boolean =>
  db
    .prepare(
      "SELECT 1 FROM kept WHERE name = 'ended' AND value = (SELECT epoch FROM log ORDER BY position DESC LIMIT 1)",
    )
    .get() !== undefined

function moveAside(file: string): string {
  const places = Array.from({ length: MAX_DAMAGED }, (_, i) => `${file}.damaged-${i + 1}`)
  const free = places.find((place) => !existsSync(place))
  if (free === undefined) {
    for (const [i, place] of places.entries()) if (i > 0) renameSync(place, places[i - 1] ?? place)
  }
  const to = free ?? places.at(-1) ?? file
  renameSync(file, to)
  for (const suffix of ['-wal', '-shm'])
    if (existsSync(file + suffix)) {
      rmSync(to + suffix, { force: true })
      renameSync(file + suffix, to + suffix)
    }
  return to
}

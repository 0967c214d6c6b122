/** Opens the embedded store: one SQLite file, one connection that writes and one that reads, spoken to by Kysely and by the
 *  prepared statements of `hot.ts`. WAL and `synchronous=FULL`: what is committed survives a power cut. */
import { stat } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { Kysely, SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely'
import { systemClock, type Clock } from '#shared/vocabulary/clock.ts'
import { isStoreFault } from './faults.ts'
import { checkForm, migrate, StoreError } from './migrate.ts'
import type { Schema } from './schema.ts'
import { transactions, type Transact } from './transaction.ts'

export type { Transact } from './transaction.ts'

export interface Store extends AsyncDisposable {
  /** For whoever changes something: one at a time, across processes. */
  readonly write: Transact
  /** For whoever only looks: all of `run` sees the same moment, and waits for no writer. */
  readonly read: Transact
  /** The writing connection, for `hot.ts` alone. */
  readonly connection: DatabaseSync
  readonly wal: Wal
}

/** The write-ahead log beside the store. */
export interface Wal {
  readonly bytes: () => Promise<number>
  /** Folds it into the store and empties it; false where somebody still reads an older moment. */
  readonly fold: () => Promise<boolean>
}

const WRITER_CACHE_KIB = 65_536
const READER_CACHE_KIB = 16_384
/** Pages of 4 KiB in the log before it is folded in: 8 MiB, unless somebody reads an old moment. More is no faster, and the
 *  commit that folds takes longer. */
const WAL_PAGES = 2_000
/** What it is cut back to once it is folded in, after somebody read an old moment for long. */
const WAL_KEPT_BYTES = 16 * 1024 * 1024

/** Opens the store, making and migrating it as needed. Throws StoreError where another version wrote it. Waiting for a lock
 *  never blocks the thread: SQLite itself waits for none (busy_timeout 0). */
export async function openStore(file: string, clock: Pick<Clock, 'monotonic' | 'sleep'> = systemClock): Promise<Store> {
  const writer = new DatabaseSync(file)
  try {
    // Only while it is opened: a store that is just being made, or folded in by another process, is free in a moment.
    writer.exec(`PRAGMA busy_timeout = 2000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON; PRAGMA cache_size = -${WRITER_CACHE_KIB}; PRAGMA wal_autocheckpoint = ${WAL_PAGES};
      PRAGMA journal_size_limit = ${WAL_KEPT_BYTES};`)
    await migrate(kyselyOn(writer))
    writer.exec('PRAGMA busy_timeout = 0')
    const reader = new DatabaseSync(file, { readOnly: true })
    reader.exec(`PRAGMA busy_timeout = 0; PRAGMA cache_size = -${READER_CACHE_KIB};`)
    const writing = kyselyOn(writer)
    return {
      write: transactor(writing, writer, 'begin immediate', clock),
      read: transactor(kyselyOn(reader), reader, 'begin', clock),
      connection: writer,
      wal: walOf(file, writing, writer),
      [Symbol.asyncDispose]: async () => {
        reader.close()
        writer.close()
      },
    }
  } catch (error) {
    writer.close()
    throw error
  }
}

/** The store to be looked at alone, where it cannot be written: `write` rejects with `why`. Also where the disk is too full
 *  for SQLite's own files; then it is as its last orderly end left it. Throws where it cannot be read either. */
export async function openStoreForReading(
  file: string,
  why: unknown,
  clock: Pick<Clock, 'monotonic' | 'sleep'> = systemClock,
): Promise<Store> {
  const reader = openReader(file)
  const db = kyselyOn(reader)
  await checkForm(db)
  return {
    write: () => Promise.reject(why),
    read: transactor(db, reader, 'begin', clock),
    connection: reader,
    wal: { bytes: () => Promise.resolve(0), fold: () => Promise.resolve(false) },
    [Symbol.asyncDispose]: async () => reader.close(),
  }
}

function openReader(file: string): DatabaseSync {
  const immutable = pathToFileURL(file)
  immutable.searchParams.set('immutable', '1') // asks for no file beside it (sqlite.org/uri.html)
  let fault: unknown
  for (const where of [file, immutable]) {
    const reader = new DatabaseSync(where, { readOnly: true })
    try {
      reader.exec('PRAGMA busy_timeout = 0')
      reader.prepare('SELECT form FROM store').get()
      return reader
    } catch (error) {
      reader.close()
      if (!isStoreFault(error)) throw error
      fault = error
    }
  }
  const why = fault instanceof Error ? fault.message : String(fault)
  throw new StoreError(`${file} cannot be read (${why}): see to its disk, or put a backup in its place.`, {
    cause: fault,
  })
}

const walOf = (file: string, writing: Kysely<Schema>, writer: DatabaseSync): Wal => ({
  bytes: async () => (await stat(`${file}-wal`).catch(() => undefined))?.size ?? 0,
  fold: () =>
    // Between two transactions; SQLite waits for nobody here (busy_timeout 0).
    writing.connection().execute(async () => writer.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'] === 0),
})

const kyselyOn = (connection: DatabaseSync): Kysely<Schema> =>
  new Kysely({ dialect: new SqliteDialect({ database: adapt(connection) }) })

const transactor = (
  db: Kysely<Schema>,
  connection: DatabaseSync,
  begin: 'begin immediate' | 'begin',
  clock: Pick<Clock, 'monotonic' | 'sleep'>,
): Transact =>
  transactions(db, begin, {
    exec: (sql) => connection.exec(sql),
    isOpen: () => connection.isTransaction,
    clock,
  })

/** Statements kept prepared; their texts are few (lists of keys make some more). Beyond it the oldest is prepared anew. */
const MAX_STATEMENTS = 256

/** Kysely's SQLite dialect, as `better-sqlite3` would serve it. */
function adapt(connection: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>()
  return {
    close: () => connection.close(),
    prepare(sql) {
      const known = prepared.get(sql)
      if (known !== undefined) return known
      const [oldest] = prepared.keys()
      if (prepared.size >= MAX_STATEMENTS && oldest !== undefined) prepared.delete(oldest)
      const made = prepareOn(connection, sql)
      prepared.set(sql, made)
      return made
    },
  }
}

function prepareOn(connection: DatabaseSync, sql: string): SqliteStatement {
  const statement = connection.prepare(sql)
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(bindable)),
    run: (parameters) => statement.run(...parameters.map(bindable)),
    iterate: (parameters) => statement.iterate(...parameters.map(bindable)),
  }
}

function bindable(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(`The store takes no ${typeof value}.`)
}

/** Opens the embedded store: one SQLite file, one connection, spoken to by Kysely and by the prepared statements of
 *  `hot.ts`. WAL and `synchronous=FULL`: what is committed survives a power cut. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { Kysely, SqliteDialect, type SqliteDatabase, type SqliteStatement } from 'kysely'
import { migrate } from './migrate.ts'
import type { Db, Schema } from './schema.ts'

export interface Store extends AsyncDisposable {
  readonly db: Db
  /** The same connection, for `hot.ts` alone. */
  readonly connection: DatabaseSync
}

/** Another process (`token create` beside `serve`) may write for this long before we give up. */
const BUSY_TIMEOUT_MS = 10_000
const CACHE_KIB = 65_536
/** Pages of 4 KiB in the log before it is folded in: 8 MiB. More is no faster, and the commit that folds takes longer. */
const WAL_PAGES = 2_000

/** Opens the store, making and migrating it as needed. Throws where the file is none or newer than this version. */
export async function openStore(file: string): Promise<Store> {
  const connection = new DatabaseSync(file)
  connection.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON; PRAGMA cache_size = -${CACHE_KIB}; PRAGMA wal_autocheckpoint = ${WAL_PAGES};`)
  const db = new Kysely<Schema>({ dialect: new SqliteDialect({ database: adapt(connection) }) })
  await migrate(db)
  return { db, connection, [Symbol.asyncDispose]: () => db.destroy() }
}

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
  // A transaction takes the right to write as it begins: one that read first could lose it to another process.
  const statement = connection.prepare(sql === 'begin' ? 'begin immediate' : sql)
  // On a full or broken disk SQLite has rolled back by itself (sqlite.org/lang_transaction.html §3): once more is a
  // fault, and would hide the one that people have to hear of.
  const isOver = (): boolean => sql === 'rollback' && !connection.isTransaction
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(bindable)),
    run: (parameters) => (isOver() ? { changes: 0, lastInsertRowid: 0 } : statement.run(...parameters.map(bindable))),
    iterate: (parameters) => statement.iterate(...parameters.map(bindable)),
  }
}

function bindable(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return value
  if (value instanceof Uint8Array) return value
  throw new TypeError(`The store takes no ${typeof value}.`)
}

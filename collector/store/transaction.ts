/** The one function that begins a transaction, and so the only place where a `Tx` comes from. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Kysely } from 'kysely'
import type { Schema, Tx } from './schema.ts'

/** Another process (`token create` beside `serve`) may write for this long before whoever asked is told so. */
const BUSY_LIMIT_MS = 10_000
/** Asked again after this: the thread is free meanwhile. */
const BUSY_RETRY_MS = 20
/** SQLITE_BUSY (sqlite.org/rescode.html). */
const BUSY = 5

/** Another process has held the store for longer than we wait. */
export class StoreBusyError extends Error {
  override name = 'StoreBusyError'
}

/** What an engine says to begin: `write` takes the right to write at once, for one that read first could lose it. */
export type Begin = 'begin immediate' | 'begin'

export type Transact = <T>(run: (tx: Tx) => Promise<T>) => Promise<T>

/** `run` is committed when it resolves and rolled back when it rejects; one after another, in the order of the calls.
 *  Rejects with StoreBusyError where another process holds the store; waiting for it holds up nobody else. */
export const transactions =
  (
    db: Kysely<Schema>,
    begin: Begin,
    {
      exec,
      isOpen,
      clock,
    }: { exec: (sql: string) => void; isOpen: () => boolean; clock: Pick<Clock, 'monotonic' | 'sleep'> },
  ): Transact =>
  (run) => {
    // From the asking on: of a hundred that wait one after another, none waits longer than the first.
    const until = clock.monotonic() + BUSY_LIMIT_MS
    return db.connection().execute(async (connection) => {
      await beginWhenFree(() => exec(begin), { until, clock })
      try {
        assertBegun(connection, isOpen())
        const result = await run(connection)
        exec('commit')
        return result
      } catch (error) {
        // On a full or broken disk SQLite has rolled back by itself (sqlite.org/lang_transaction.html §3).
        if (isOpen()) exec('rollback')
        throw error
      }
    })
  }

async function beginWhenFree(
  begin: () => void,
  { until, clock }: { until: number; clock: Pick<Clock, 'monotonic' | 'sleep'> },
): Promise<void> {
  for (;;)
    try {
      return begin()
    } catch (error) {
      if (!isBusy(error)) throw error
      if (clock.monotonic() >= until)
        throw new StoreBusyError(`Another process has held the store for ${BUSY_LIMIT_MS / 1000} s.`, { cause: error })
      await clock.sleep(BUSY_RETRY_MS)
    }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === BUSY

function assertBegun(connection: Kysely<Schema>, isBegun: boolean): asserts connection is Tx {
  if (!isBegun) throw new Error(`No transaction is under way on ${connection.constructor.name}.`)
}

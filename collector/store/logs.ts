/** Agents' logs: what is needed to check what comes next, and to prove what is there. */
import type { Selectable } from 'kysely'
import type { Db, LogTable } from './schema.ts'

export type LogRow = Selectable<LogTable>

export const logsOf = (db: Db, endpointId: number): Promise<LogRow[]> =>
  db.selectFrom('log').selectAll().where('endpoint_id', '=', endpointId).orderBy('id').execute()

export const logByEpoch = (db: Db, endpointId: number, epoch: string): Promise<LogRow | undefined> =>
  db.selectFrom('log').selectAll().where('endpoint_id', '=', endpointId).where('epoch', '=', epoch).executeTakeFirst()

export interface LogState {
  endpointId: number
  epoch: string
  size: number
  frontier: Uint8Array
  checkpoint: string
}

/** Sets the log's state, making it where it is new; its row number. `previous` counts at making only. */
export async function saveLog(db: Db, log: LogState & { previous: string | null }): Promise<number> {
  const { endpointId, epoch, size, frontier, checkpoint, previous } = log
  const { id } = await db
    .insertInto('log')
    .values({ endpoint_id: endpointId, epoch, size, frontier, checkpoint, previous, forked: 0 })
    .onConflict((conflict) => conflict.columns(['endpoint_id', 'epoch']).doUpdateSet({ size, frontier, checkpoint }))
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

/** Flags every log of the endpoint that names a predecessor which another one names too (CONTRACTS §2, Forks). */
export async function flagForks(db: Db, endpointId: number, previous: string): Promise<boolean> {
  const rivals = await db
    .selectFrom('log')
    .select('id')
    .where('endpoint_id', '=', endpointId)
    .where('previous', '=', previous)
    .execute()
  if (rivals.length < 2) return false
  const ids = rivals.map(({ id }) => id)
  await db.updateTable('log').set({ forked: 1 }).where('id', 'in', ids).execute()
  return true
}

export const flagFork = (db: Db, logId: number) =>
  db.updateTable('log').set({ forked: 1 }).where('id', '=', logId).execute()

export interface StoredEntry {
  readonly idx: number
  readonly line: Uint8Array | null
  readonly leaf: Uint8Array | null
}

/** Entries of one log from index `from` on, at most `limit`. */
export const entriesOf = (db: Db, logId: number, from: number, limit: number): Promise<StoredEntry[]> =>
  db
    .selectFrom('entry')
    .select(['idx', 'line', 'leaf'])
    .where('log_id', '=', logId)
    .where('idx', '>=', from)
    .orderBy('idx')
    .limit(limit)
    .execute()

/** Agents with logs that were flagged. */
export async function forkedAgents(db: Db): Promise<string[]> {
  const logs = db.selectFrom('log').innerJoin('endpoint', 'endpoint.id', 'log.endpoint_id').where('forked', '=', 1)
  return (await logs.select('agent').distinct().orderBy('agent').execute()).map(({ agent }) => agent)
}

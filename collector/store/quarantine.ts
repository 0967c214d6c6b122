/** Entries that were proved but not understood. */
import type { Db } from './schema.ts'

export interface QuarantinedEntry {
  readonly id: number
  readonly endpointId: number
  readonly agent: string
  readonly epoch: string
  readonly index: number
  readonly receivedAt: number
  readonly line: Uint8Array
}

/** In the order they were stored, after that one. */
export const quarantinedAfter = (db: Db, id: number, limit: number): Promise<QuarantinedEntry[]> =>
  db
    .selectFrom('entry')
    .innerJoin('log', 'log.id', 'entry.log_id')
    .innerJoin('endpoint', 'endpoint.id', 'log.endpoint_id')
    .select([
      'entry.id',
      'endpoint.id as endpointId',
      'agent',
      'epoch',
      'idx as index',
      'received_at as receivedAt',
      'line',
    ])
    .where('state', '=', 2)
    .where('entry.id', '>', id)
    .orderBy('entry.id')
    .limit(limit)
    .$narrowType<{ line: Uint8Array }>()
    .execute()

export async function countQuarantined(db: Db): Promise<number> {
  const row = await db
    .selectFrom('entry')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('state', '=', 2)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** The entry is understood now. */
export const releaseEntry = (
  db: Db,
  id: number,
  read: { at: number; kind: number | null; severity: number | null; matter_id: number | null },
) =>
  db
    .updateTable('entry')
    .set({ ...read, state: 0, reason: null })
    .where('id', '=', id)
    .execute()

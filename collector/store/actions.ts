/** What was done to incidents: append-only. */
import type { Selectable } from 'kysely'
import type { ActionTable, Tx } from './schema.ts'

export type ActionRow = Selectable<ActionTable>

export async function insertActions(tx: Tx, actions: readonly Omit<ActionRow, 'id'>[]): Promise<void> {
  const AT_ONCE = 500 // × 8 columns, far below SQLite's 32,766 parameters
  for (let from = 0; from < actions.length; from += AT_ONCE)
    await tx
      .insertInto('action')
      .values(actions.slice(from, from + AT_ONCE))
      .execute()
}

/** In their order; of more than `limit` the newest. */
export async function actionsOf(tx: Tx, incident: number, limit: number): Promise<ActionRow[]> {
  const newest = tx.selectFrom('action').selectAll().where('incident_number', '=', incident).orderBy('id', 'desc')
  return (await newest.limit(limit).execute()).toReversed()
}

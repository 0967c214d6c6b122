/** What was done to incidents: append-only; and the columns of an incident that follow from it. */
import type { Selectable } from 'kysely'
import { slices } from './matters.ts'
import type { Tx } from './schema.ts'
import type { ActionTable } from './tables/incidents.ts'

export type ActionRow = Selectable<ActionTable>
export type NewAction = Omit<ActionRow, 'id'>

export async function insertActions(tx: Tx, actions: readonly NewAction[]): Promise<void> {
  for (const some of slices(actions)) await tx.insertInto('action').values(some).execute()
}

/** In their order; of more than `limit` the newest. `opened` may be left out: it changes no version. */
export async function actionsOf(tx: Tx, incident: number, limit: number): Promise<ActionRow[]> {
  const newest = tx.selectFrom('action').selectAll().where('incident_number', '=', incident).orderBy('id', 'desc')
  return (await newest.limit(limit).execute()).toReversed()
}

export interface CaseRow {
  readonly number: number
  readonly stage: string
  readonly version: number
}

export async function casesOf(tx: Tx, numbers: readonly number[]): Promise<CaseRow[]> {
  const rows: CaseRow[] = []
  for (const some of slices(numbers))
    rows.push(
      ...(await tx.selectFrom('incident').select(['number', 'stage', 'version']).where('number', 'in', some).execute()),
    )
  return rows
}

/** Sets what follows from an action; false where another action came first. */
export async function saveCase(
  tx: Tx,
  { number, version: from }: Pick<CaseRow, 'number' | 'version'>,
  to: { stage: string; version: number; ended_at?: number },
): Promise<boolean> {
  const changed = tx.updateTable('incident').set(to).where('number', '=', number).where('version', '=', from)
  return (await changed.returning('number').executeTakeFirst()) !== undefined
}

/** Incidents, as correlation made them. Their states are JSON of `incidents/correlate/incident.ts`. */
import type { Insertable, Selectable } from 'kysely'
import type { Db, IncidentTable } from './schema.ts'

export type IncidentRow = Selectable<IncidentTable>
/** Where a page ended. */
export interface Cursor {
  readonly openedAt: number
  readonly id: string
}

export const incidentsOfMatter = (db: Db, matterId: number): Promise<IncidentRow[]> =>
  db.selectFrom('incident').selectAll().where('matter_id', '=', matterId).execute()

/** The number after the highest one given so far. Within the commit's transaction, so that none is given twice. */
export async function nextRevision(db: Db): Promise<number> {
  const newest = await db.selectFrom('incident').select('revision').orderBy('revision', 'desc').executeTakeFirst()
  return (newest?.revision ?? 0) + 1
}

/** Makes or changes an incident. What belongs to people (`status`) and to its opening stays as it is. */
export function saveIncident(db: Db, row: Insertable<IncidentTable>) {
  const {
    id: _id,
    matter_id: _matter,
    endpoint_id: _endpoint,
    status: _status,
    department: _,
    level: _level,
    ...changed
  } = row
  return db
    .insertInto('incident')
    .values(row)
    .onConflict((conflict) => conflict.column('id').doUpdateSet(changed))
    .execute()
}

export const deleteIncident = (db: Db, id: string) => db.deleteFrom('incident').where('id', '=', id).execute()

export const incidentById = (db: Db, id: string): Promise<IncidentRow | undefined> =>
  db.selectFrom('incident').selectAll().where('id', '=', id).executeTakeFirst()

/** Newest first. */
export function listIncidents(
  db: Db,
  page: { department?: string; kind?: string; severity?: number; before?: Cursor; limit: number },
): Promise<IncidentRow[]> {
  const { department, kind, severity, before, limit } = page
  let query = db.selectFrom('incident').selectAll()
  if (department !== undefined) query = query.where('department', '=', department)
  if (kind !== undefined) query = query.where('kind', '=', kind)
  if (severity !== undefined) query = query.where('severity', '=', severity)
  if (before !== undefined)
    query = query.where((eb) => eb(eb.refTuple('opened_at', 'id'), '<', eb.tuple(before.openedAt, before.id)))
  return query.orderBy('opened_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
}

/** What changed after that revision, in the order of the changes: each incident once, as it is now. */
export const incidentsSince = (db: Db, revision: number, limit: number): Promise<IncidentRow[]> =>
  db.selectFrom('incident').selectAll().where('revision', '>', revision).orderBy('revision').limit(limit).execute()

/** How many are open, by department and severity. */
export async function openCounts(db: Db): Promise<{ department: string; severity: number; count: number }[]> {
  const rows = await db
    .selectFrom('incident')
    .select(['department', 'severity', (eb) => eb.fn.countAll().as('count')])
    .where('status', '=', 'open')
    .groupBy(['department', 'severity'])
    .execute()
  return rows.map(({ count, ...row }) => ({ ...row, count: Number(count) }))
}

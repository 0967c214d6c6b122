/** The outbox's rows: put in by the commit, in its transaction; taken out by the outbox, one mail at a time. */
import { sql, type Insertable, type Selectable } from 'kysely'
import type { AlertStanding } from '#collector/alerts/standing.ts'
import type { Tx } from './schema.ts'
import type { AlertTable } from './tables/outbox.ts'

export interface AlertRow extends AlertStanding {
  readonly incident: number
  readonly mailbox: string
  readonly lastError?: string | undefined
  /** Id of the digest's message that tells it. */
  readonly digest?: string | undefined
}
export interface KeptAlert extends AlertRow {
  readonly id: number
}

const ROWS_AT_ONCE = 500 // × 16 columns, far below SQLite's 32,766 parameters
const MAX_ERROR_CHARACTERS = 500

/** Of a row that is torn it is told as if it were new: better once too often than never. */
export function readNews(json: string): string[] {
  try {
    const names: unknown = JSON.parse(json)
    if (Array.isArray(names)) return names.map(String)
  } catch {
    // told below
  }
  return ['opened']
}

const rowOf = (row: Selectable<AlertTable>): KeptAlert => ({
  id: row.id,
  incident: row.incident_number,
  mailbox: row.mailbox,
  state: row.state,
  news: readNews(row.news),
  telling: row.telling === null ? undefined : readNews(row.telling),
  severity: row.severity,
  createdAt: row.created_at,
  dueAt: row.due_at,
  nextAt: row.next_at,
  sent: row.sent,
  sentSeverity: row.sent_severity ?? undefined,
  attempts: row.attempts,
  deliveredAt: row.delivered_at ?? undefined,
  lastError: row.last_error ?? undefined,
  digest: row.digest ?? undefined,
})

const columnsOf = (row: AlertRow): Omit<Insertable<AlertTable>, 'id'> => ({
  incident_number: row.incident,
  mailbox: row.mailbox,
  state: row.state,
  news: JSON.stringify(row.news),
  telling: row.telling === undefined ? null : JSON.stringify(row.telling),
  severity: row.severity,
  created_at: row.createdAt,
  due_at: row.dueAt,
  next_at: row.nextAt,
  sent: row.sent,
  sent_severity: row.sentSeverity ?? null,
  attempts: row.attempts,
  delivered_at: row.deliveredAt ?? null,
  last_error: row.lastError?.slice(0, MAX_ERROR_CHARACTERS) ?? null,
  digest: row.digest ?? null,
})

/** The rows of those incidents. */
export async function alertsOf(tx: Tx, incidents: readonly number[]): Promise<KeptAlert[]> {
  const found: KeptAlert[] = []
  for (let from = 0; from < incidents.length; from += ROWS_AT_ONCE) {
    const some = incidents.slice(from, from + ROWS_AT_ONCE)
    const rows = await tx.selectFrom('alert').selectAll().where('incident_number', 'in', some).execute()
    found.push(...rows.map(rowOf))
  }
  return found
}

/** Makes or changes the row of each incident and mailbox. */
export async function saveAlerts(tx: Tx, alerts: readonly AlertRow[]): Promise<void> {
  for (let from = 0; from < alerts.length; from += ROWS_AT_ONCE)
    await tx
      .insertInto('alert')
      .values(alerts.slice(from, from + ROWS_AT_ONCE).map(columnsOf))
      .onConflict((conflict) =>
        conflict.columns(['incident_number', 'mailbox']).doUpdateSet((excluded) => ({
          state: excluded.ref('excluded.state'),
          news: excluded.ref('excluded.news'),
          telling: excluded.ref('excluded.telling'),
          severity: excluded.ref('excluded.severity'),
          created_at: excluded.ref('excluded.created_at'),
          due_at: excluded.ref('excluded.due_at'),
          next_at: excluded.ref('excluded.next_at'),
          sent: excluded.ref('excluded.sent'),
          sent_severity: excluded.ref('excluded.sent_severity'),
          attempts: excluded.ref('excluded.attempts'),
          delivered_at: excluded.ref('excluded.delivered_at'),
          last_error: excluded.ref('excluded.last_error'),
          digest: excluded.ref('excluded.digest'),
        })),
      )
      .execute()
}

/** States are written into the statement, as its partial indexes say them: of a bound value the planner knows nothing. */
const as = <S extends AlertRow['state']>(state: S) => sql.lit(state)
/** Those in a digest under way not: there may be a hundred thousand of them, and the index is without them. */
const waitingIn = (tx: Tx, mailbox: string) =>
  tx
    .selectFrom('alert')
    .where('alert.mailbox', '=', mailbox)
    .where('alert.state', '=', as('waiting'))
    .where('alert.digest', 'is', null)

/** Of those whose time has come, the ones that have waited longest for it. */
export async function dueAlerts(
  tx: Tx,
  { mailbox, now, limit }: { mailbox: string; now: number; limit: number },
): Promise<KeptAlert[]> {
  const due = waitingIn(tx, mailbox).where('next_at', '<=', now)
  return (await due.selectAll().orderBy('next_at').limit(limit).execute()).map(rowOf)
}

/** Of those whose time has come, the ones for which it came since then; newest first. */
export async function freshAlerts(
  tx: Tx,
  { mailbox, since, now, limit }: { mailbox: string; since: number; now: number; limit: number },
): Promise<KeptAlert[]> {
  const fresh = waitingIn(tx, mailbox).where('due_at', '>=', since).where('due_at', '<=', now)
  return (await fresh.where('next_at', '<=', now).selectAll().orderBy('due_at', 'desc').limit(limit).execute()).map(
    rowOf,
  )
}

/** No row is ever put off further than that: what stands further away was written before the clock was set back. */
export async function pullBack(tx: Tx, mailbox: string, { furthest }: { furthest: number }): Promise<void> {
  const far = waitingIn(tx, mailbox).where('next_at', '>', furthest).select('id').limit(ROWS_AT_ONCE)
  await tx.updateTable('alert').set({ next_at: 0 }).where('id', 'in', far).execute()
}

/** Those that were tried in vain are due now: what stood in their way is gone. */
export async function retrySoon(tx: Tx, mailbox: string): Promise<void> {
  const tried = waitingIn(tx, mailbox)
    .where('next_at', '>', 0)
    .where('attempts', '>', 0)
    .select('id')
    .limit(ROWS_AT_ONCE)
  await tx.updateTable('alert').set({ next_at: 0 }).where('id', 'in', tried).execute()
}

export async function alertById(tx: Tx, id: number): Promise<KeptAlert | undefined> {
  const row = await tx.selectFrom('alert').selectAll().where('id', '=', id).limit(1).executeTakeFirst()
  return row && rowOf(row)
}

export async function alertsOfDigest(tx: Tx, digest: string, limit: number): Promise<KeptAlert[]> {
  const rows = tx.selectFrom('alert').selectAll().where('digest', '=', digest).orderBy('digest').limit(limit)
  return (await rows.execute()).map(rowOf)
}

/** The first of them, in no order that matters. */
export async function someOf(
  tx: Tx,
  { mailbox, state, limit }: { mailbox: string; state: 'waiting' | 'refused'; limit: number },
): Promise<KeptAlert[]> {
  const rows = tx.selectFrom('alert').selectAll().where('mailbox', '=', mailbox).where('state', '=', as(state))
  return (await rows.limit(limit).execute()).map(rowOf)
}

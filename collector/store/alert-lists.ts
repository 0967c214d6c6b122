/** The outbox as people read it: a page of its rows, by when the news came, narrowed by what one asks for. */
import type { ExpressionBuilder } from 'kysely'
import type { Severity } from '#shared/vocabulary/levels.ts'
import { severityOf } from './alert-views.ts'
import { readNews } from './alerts.ts'
import type { Schema, Tx } from './schema.ts'
import type { AlertTable } from './tables/outbox.ts'

export interface ListedAlert {
  readonly id: number
  readonly incident: number
  readonly incidentId: string
  readonly department: string
  readonly severity: Severity
  readonly mailbox: string
  readonly state: AlertTable['state']
  readonly reasons: readonly string[]
  readonly createdAt: number
  readonly nextAt: number
  readonly sent: number
  readonly attempts: number
  readonly deliveredAt?: number
  readonly lastError?: string
}

export interface AlertFilter {
  readonly state?: AlertTable['state']
  readonly mailbox?: string
  /** Number of the incident. */
  readonly incident?: number
  /** By when the oldest of the news came: from that moment on, and before that one. */
  readonly from?: number
  readonly to?: number
}

/** Where a page ended: `number` is the row's. */
export interface AlertPlace {
  readonly at: number
  readonly number: number
}

export interface AlertListPage {
  readonly filter: AlertFilter
  readonly sort: 'newest' | 'oldest'
  readonly before?: AlertPlace
  readonly limit: number
}

const STATES: readonly AlertTable['state'][] = ['waiting', 'delivered', 'refused', 'dismissed']

/** By its time, and those of one moment by their number. */
export async function listAlerts(tx: Tx, page: AlertListPage): Promise<ListedAlert[]> {
  const places = await placesOf(tx, page)
  const ids = places.map(({ number }) => number)
  if (ids.length === 0) return [] // an empty list of numbers would read every row
  const rows = await tx
    .selectFrom('alert')
    .innerJoin('incident', 'incident.number', 'alert.incident_number')
    .selectAll('alert')
    .select(['incident.id as incidentId', 'incident.department'])
    .where('alert.id', 'in', ids)
    .execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => {
    const row = byId.get(id)
    return row === undefined ? [] : [listed(row)]
  })
}

type Row = AlertTableRow & { readonly incidentId: string; readonly department: string }
type AlertTableRow = { readonly [K in keyof AlertTable]: K extends 'id' ? number : AlertTable[K] }

const listed = (row: Row): ListedAlert => ({
  id: row.id,
  incident: row.incident_number,
  incidentId: row.incidentId,
  department: row.department,
  severity: severityOf(row.severity),
  mailbox: row.mailbox,
  state: row.state,
  reasons: readNews(row.news),
  createdAt: row.created_at,
  nextAt: row.next_at,
  sent: row.sent,
  attempts: row.attempts,
  ...(row.delivered_at !== null && { deliveredAt: row.delivered_at }),
  ...(row.last_error !== null && { lastError: row.last_error }),
})

/** How many fit, up to `most`. */
export async function countAlerts(tx: Tx, filter: AlertFilter, most: number): Promise<number> {
  const page = { filter, sort: 'newest' as const, limit: most }
  if (filter.incident !== undefined) return (await ofIncident(tx, page)).length
  const fitting = mergedRanges(tx, page).as('fitting')
  const counted = tx.selectFrom(fitting).select(({ fn }) => fn.countAll<number>().as('count'))
  return (await counted.executeTakeFirstOrThrow()).count
}

const placesOf = (tx: Tx, page: AlertListPage): Promise<AlertPlace[]> =>
  page.filter.incident === undefined ? mergedRanges(tx, page).execute() : ofIncident(tx, page)

function conditions(
  is: ExpressionBuilder<Schema, 'alert'>,
  { filter: { mailbox, from, to }, before, sort }: AlertListPage,
) {
  const place = is.refTuple('created_at', 'id')
  return is.and([
    ...(mailbox === undefined ? [] : [is('mailbox', '=', mailbox)]),
    ...(from === undefined ? [] : [is('created_at', '>=', from)]),
    ...(to === undefined ? [] : [is('created_at', '<', to)]),
    ...(before ? [is(place, sort === 'oldest' ? '>' : '<', is.tuple(before.at, before.number))] : []),
  ])
}

/** Each state is a range of an index in the order that is wanted; the ranges are merged as they are read. */
function mergedRanges(tx: Tx, page: AlertListPage) {
  const { filter, sort, limit } = page
  const direction = sort === 'oldest' ? 'asc' : 'desc'
  const range = (state: AlertTable['state']) =>
    tx
      .selectFrom('alert')
      .select(['created_at as at', 'id as number'])
      .where('state', '=', state)
      .where((is) => conditions(is, page))
  const [first, ...rest] = filter.state === undefined ? STATES : [filter.state]
  const merged = rest.reduce((query, state) => query.unionAll(range(state)), range(first ?? 'waiting'))
  return merged.orderBy('at', direction).orderBy('number', direction).limit(limit)
}

/** One row for each mailbox at most: put in order here. */
async function ofIncident(tx: Tx, page: AlertListPage): Promise<AlertPlace[]> {
  const { incident = 0, state } = page.filter
  const rows = tx
    .selectFrom('alert')
    .select(['created_at as at', 'id as number', 'state'])
    .where('incident_number', '=', incident)
    .where((is) => conditions(is, page))
  const found = (await rows.execute()).filter((row) => state === undefined || row.state === state)
  const newestFirst = found.toSorted((a, b) => b.at - a.at || b.number - a.number)
  return (page.sort === 'oldest' ? newestFirst.toReversed() : newestFirst).slice(0, page.limit)
}

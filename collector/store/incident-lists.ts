/** Incidents, as people read them: lists in two orders, counts, and what changed since. */
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
import type { Found } from './incident-search.ts'
import type { IncidentRow } from './incidents.ts'
import { slices } from './matters.ts'
import type { Schema, Tx } from './schema.ts'

/** A row with what the endpoint and the agent are called; department and level are as they were when it opened. */
export interface ListedRow extends IncidentRow {
  readonly agent: string
  readonly endpoint_name: string
  readonly endpoint_host: string
  readonly responsible: string | null
  readonly network_kind: string
}

const withMachine = (tx: Tx) =>
  tx
    .selectFrom('incident')
    .innerJoin('endpoint', 'endpoint.id', 'incident.endpoint_id')
    .innerJoin('agent', 'agent.id', 'incident.agent_id')
    .selectAll('incident')
    .select(['agent.agent', 'endpoint.name as endpoint_name', 'endpoint.host as endpoint_host'])
    .select(['endpoint.responsible', 'endpoint.network_kind'])

export const listedById = (tx: Tx, id: string): Promise<ListedRow | undefined> =>
  withMachine(tx).where('incident.id', '=', id).limit(1).executeTakeFirst()

async function listedByNumbers(tx: Tx, numbers: readonly number[]): Promise<ListedRow[]> {
  const rows = new Map<number, ListedRow>()
  for (const some of slices(numbers))
    for (const row of await withMachine(tx).where('incident.number', 'in', some).execute()) rows.set(row.number, row)
  return numbers.flatMap((number) => rows.get(number) ?? [])
}

export interface Filter {
  readonly department?: string
  readonly severity?: number
  /** Any of them. */
  readonly stages?: readonly string[]
  readonly kind?: string
  /** By the time that the order goes by: from that moment on, and before that one. */
  readonly from?: number
  readonly to?: number
  /** Any of what a search found. */
  readonly found?: Found
}

/** Every value that a filter can have: where one is not asked for, all of them are merged. */
export interface Values {
  readonly severities: readonly number[]
  readonly stages: readonly string[]
  readonly kinds: readonly string[]
}

/** Where a page ended. */
export interface ListPlace {
  readonly at: number
  readonly number: number
  /** Of a list that has the worst first. */
  readonly severity?: number
}

export interface ListPage {
  /** By the event's own time, or by when it came. */
  readonly order: 'happened' | 'arrived'
  /** The newest first where nothing is said. */
  readonly sort?: 'newest' | 'oldest' | 'worst'
  readonly filter: Filter
  /** The last of the page before. */
  readonly before?: ListPlace
  readonly limit: number
}

/** One page, in the same time however many there are and whatever is asked for. */
export async function listIncidents(tx: Tx, page: ListPage, values: Values) {
  const andOne = { ...page, limit: page.limit + 1 } // which says whether there is a next page
  const read = page.sort === 'worst' ? await worstFirst(tx, andOne, values) : await placesOf(tx, andOne, values)
  const places = read.slice(0, page.limit)
  const rows = await listedByNumbers(
    tx,
    places.map(({ number }) => number),
  )
  const next = read.length > page.limit ? places.at(-1) : undefined
  return { rows, ...(next && { next }) }
}

/** How many fit, up to `most`: for what no count is kept of. */
export async function countFitting(
  tx: Tx,
  { order, filter }: Pick<ListPage, 'order' | 'filter'>,
  values: Values,
  most: number,
): Promise<number> {
  const merged = mergedRanges(tx, { order, filter, sort: 'newest', limit: most }, values)
  if (merged === undefined) return 0
  const counted = tx.selectFrom(merged.as('fitting')).select(({ fn }) => fn.countAll<number>().as('count'))
  return (await counted.executeTakeFirstOrThrow()).count
}

async function placesOf(tx: Tx, page: ListPage, values: Values): Promise<ListPlace[]> {
  return (await mergedRanges(tx, page, values)?.execute()) ?? []
}

/** The worst, newest first; then the next severity, until the page is full. */
async function worstFirst(tx: Tx, { filter, before, limit, order }: ListPage, values: Values): Promise<ListPlace[]> {
  const places: ListPlace[] = []
  for (const severity of filter.severity === undefined ? values.severities : [filter.severity]) {
    if (places.length >= limit || severity < (before?.severity ?? 0)) continue
    const rest = { order, sort: 'newest' as const, limit: limit - places.length, filter: { ...filter, severity } }
    const page = severity === before?.severity ? { ...rest, before } : rest
    places.push(...(await placesOf(tx, page, values)).map((place) => ({ ...place, severity })))
  }
  return places
}

/** With a bound at either end a list is a search of its index, never a scan. */
const END: ListPlace = { at: Number.MAX_SAFE_INTEGER, number: Number.MAX_SAFE_INTEGER }
const BEGINNING: ListPlace = { at: Number.MIN_SAFE_INTEGER, number: 0 }

type Where = (is: ExpressionBuilder<Schema, 'incident'>) => readonly Expression<SqlBool>[]

/** Each of the conditions is a range of an index in the order that is wanted; the ranges are merged as they are read.
 *  Undefined: nothing can fit. */
function mergedRanges(tx: Tx, { order, sort, filter, before, limit }: ListPage, values: Values) {
  const at = order === 'happened' ? 'opened_at' : 'arrived_at'
  const direction = sort === 'oldest' ? 'asc' : 'desc'
  const place = before ?? (direction === 'asc' ? BEGINNING : END)
  const range = (where: Where) =>
    tx
      .selectFrom('incident')
      .select([`${at} as at`, 'number'])
      .where((is) => {
        const { from, to } = filter
        const behind = is(is.refTuple(at, 'number'), direction === 'asc' ? '>' : '<', is.tuple(place.at, place.number))
        return is.and([
          ...where(is),
          behind,
          ...(from === undefined ? [] : [is(at, '>=', from)]),
          ...(to === undefined ? [] : [is(at, '<', to)]),
        ])
      })
  const [first, ...rest] = filter.found === undefined ? combinations(filter, values) : searched(filter, filter.found)
  if (first === undefined) return undefined
  // What two of the searched ranges have is there once.
  const merge = filter.found === undefined ? ('unionAll' as const) : ('union' as const)
  const merged = rest.reduce((query, where) => query[merge](range(where)), range(first))
  return merged.orderBy('at', direction).orderBy('number', direction).limit(limit)
}

/** A department alone, or nothing, has an index of its own; whatever else is asked for takes all of the others' values. */
function combinations({ department, severity, stages, kind }: Filter, values: Values): Where[] {
  const ofDepartment: Where = (is) => (department === undefined ? [] : [is('department', '=', department)])
  if (severity === undefined && stages === undefined && kind === undefined) return [ofDepartment]
  return (severity === undefined ? values.severities : [severity]).flatMap((ofSeverity) =>
    (stages ?? values.stages).flatMap((ofStage) =>
      (kind === undefined ? values.kinds : [kind]).map((ofKind): Where => (is) => [
        ...ofDepartment(is),
        is('severity', '=', ofSeverity),
        is('stage', '=', ofStage),
        is('kind', '=', ofKind),
      ]),
    ),
  )
}

/** The column's value, as no index knows it: the range that is meant is chosen, and this is read in it. */
const only = (is: ExpressionBuilder<Schema, 'incident'>, column: 'department' | 'severity' | 'stage' | 'kind') =>
  is.fn.coalesce(column, column)

/** One range for each that was found; its index has the filters behind the order. */
function searched({ department, severity, stages, kind }: Filter, { number, endpoints, devices }: Found): Where[] {
  const rest: Where = (is) => [
    ...(department === undefined ? [] : [is(only(is, 'department'), '=', department)]),
    ...(severity === undefined ? [] : [is(only(is, 'severity'), '=', severity)]),
    ...(stages === undefined ? [] : [is(only(is, 'stage'), 'in', stages)]),
    ...(kind === undefined ? [] : [is(only(is, 'kind'), '=', kind)]),
  ]
  return [
    ...(number === undefined ? [] : ([(is) => [is('number', '=', number), ...rest(is)]] satisfies Where[])),
    ...endpoints.map((id): Where => (is) => [is('endpoint_id', '=', id), ...rest(is)]),
    ...devices.map((device): Where => (is) => [is('device', '=', device), ...rest(is)]),
  ]
}

/** How many there are of each sort that fits: a handful of rows for each department. */
export function countIncidents(tx: Tx, { department, severity, stages, kind }: Filter) {
  let query = tx.selectFrom('incident_count').select(['stage', 'department', 'severity', 'kind', 'count'])
  if (stages !== undefined) query = query.where('stage', 'in', stages)
  if (department !== undefined) query = query.where('department', '=', department)
  if (severity !== undefined) query = query.where('severity', '=', severity)
  if (kind !== undefined) query = query.where('kind', '=', kind)
  return query.where('count', '>', 0).execute()
}

/** What changed after that revision, in the order of the changes: each incident once, as it is now. */
export const incidentsSince = (tx: Tx, revision: number, limit: number): Promise<ListedRow[]> =>
  withMachine(tx).where('incident.revision', '>', revision).orderBy('incident.revision').limit(limit).execute()

/** Which life of the store this is, and the revision of the newest change. */
export const storeState = (tx: Tx): Promise<{ incarnation: string; revision: number }> =>
  tx.selectFrom('store').select(['incarnation', 'revision']).where('id', '=', 1).executeTakeFirstOrThrow()

/** Incidents, as people read them: lists in two orders, counts, and what changed since. */
import type { Expression, ExpressionBuilder, SqlBool } from 'kysely'
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
}

/** One value of each, or any: a range of an index. */
interface Range {
  readonly department?: string
  readonly severity?: number
  readonly stage?: string
  readonly kind?: string
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
}

export interface ListPage {
  /** By the event's own time, or by when it came; the newest first. */
  readonly order: 'happened' | 'arrived'
  readonly filter: Filter
  readonly before?: ListPlace
  readonly limit: number
}

const END: ListPlace = { at: Number.MAX_SAFE_INTEGER, number: Number.MAX_SAFE_INTEGER }

/** One page, in the same time however many there are and whatever is asked for: each combination of values is a range of an
 *  index in the order that is wanted, and the ranges are merged as they are read. */
export async function listIncidents(tx: Tx, { order, filter, before = END, limit }: ListPage, values: Values) {
  const at = order === 'happened' ? 'opened_at' : 'arrived_at'
  const range = (where: Range) => {
    const conditions = (is: ExpressionBuilder<Schema, 'incident'>): Expression<SqlBool>[] => [
      ...(where.department === undefined ? [] : [is('department', '=', where.department)]),
      ...(where.severity === undefined ? [] : [is('severity', '=', where.severity)]),
      ...(where.stage === undefined ? [] : [is('stage', '=', where.stage)]),
      ...(where.kind === undefined ? [] : [is('kind', '=', where.kind)]),
      is(is.refTuple(at, 'number'), '<', is.tuple(before.at, before.number)),
    ]
    return tx
      .selectFrom('incident')
      .select([`${at} as at`, 'number'])
      .where((is) => is.and(conditions(is)))
  }
  const [first = {}, ...rest] = combinations(filter, values)
  const merged = rest.reduce((query, where) => query.unionAll(range(where)), range(first))
  const rows = await merged
    .orderBy('at', 'desc')
    .orderBy('number', 'desc')
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit)
  const listed = await listedByNumbers(
    tx,
    page.map(({ number }) => number),
  )
  const last = rows.length > limit ? page.at(-1) : undefined
  return { rows: listed, ...(last !== undefined && { next: { at: last.at, number: last.number } }) }
}

/** A department alone, or nothing, has an index of its own; whatever else is asked for takes all of the others' values. */
function combinations(filter: Filter, values: Values): Range[] {
  const { stages = values.stages, ...rest } = filter
  const { severity, kind } = rest
  if (severity === undefined && filter.stages === undefined && kind === undefined) return [rest]
  return (severity === undefined ? values.severities : [severity]).flatMap((ofSeverity) =>
    stages.flatMap((ofStage) =>
      (kind === undefined ? values.kinds : [kind]).map((ofKind) => ({
        ...rest,
        severity: ofSeverity,
        stage: ofStage,
        kind: ofKind,
      })),
    ),
  )
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

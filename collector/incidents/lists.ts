/** What people read of incidents: lists in two orders, one of them, counts, and what changed since. */
import { severities } from '#shared/vocabulary/levels.ts'
import type { Visible } from '#collector/access/visible.ts'
import {
  countFitting,
  countIncidents,
  incidentsSince,
  listedById,
  type ListedRow,
  type Filter,
  listIncidents as listStored,
  type ListPage as StoredPage,
  type ListPlace,
  storeState,
  type Values,
} from '#collector/store/incident-lists.ts'
import { findIncidents } from '#collector/store/incident-search.ts'
import type { Tx } from '#collector/store/schema.ts'
import { type Incident, incidentKinds, type Stage, stages } from './correlate/incident.ts'
import { incidentOf } from './pictures.ts'

export type { ListPlace }

export interface ListPage extends Omit<StoredPage, 'filter'> {
  /** `words`: what is searched for. */
  readonly filter: Omit<Filter, 'found'> & { readonly words?: string }
}

/** More are not counted where no count is kept: 10,001 stands for them. */
const MOST_COUNTED = 10_001

/** An incident with what is known of its endpoint. */
export interface ListedIncident {
  readonly number: number
  readonly id: string
  readonly incident: Incident
  readonly stage: string
  /** Of its newest action. */
  readonly version: number
  readonly revision: number
  readonly arrivedAt: number
  /** Also of what ends with closing alone. */
  readonly endedAt: number | null
  readonly agentId: number
  readonly matterId: number | null
  readonly linkedTo: number | null
  readonly withdrawnInto: number | null
  readonly endpoint: {
    readonly id: number
    readonly agent: string
    readonly name: string
    readonly host: string
    /** As they were when it opened. */
    readonly department: string
    readonly level: string
    readonly networkKind: string
    readonly responsible: string | null
  }
}

const VALUES: Values = { severities: severities.map((_, rank) => rank), stages, kinds: incidentKinds }

/** Nobody is done with it. */
export const WAITING: readonly Stage[] = ['open', 'acknowledged']

const listed = (row: ListedRow): ListedIncident => ({
  number: row.number,
  id: row.id,
  incident: incidentOf(row),
  stage: row.stage,
  version: row.version,
  revision: row.revision,
  arrivedAt: row.arrived_at,
  endedAt: row.ended_at,
  agentId: row.agent_id,
  matterId: row.matter_id,
  linkedTo: row.linked_to,
  withdrawnInto: row.withdrawn_into,
  endpoint: {
    id: row.endpoint_id,
    agent: row.agent,
    name: row.endpoint_name,
    host: row.endpoint_host,
    department: row.department,
    level: row.level,
    networkKind: row.network_kind,
    responsible: row.responsible,
  },
})

/** Where the live feed goes on: a place in one life of the store. */
export interface FeedPlace {
  readonly incarnation: string
  readonly revision: number
}

export const feedPlace = (tx: Tx): Promise<FeedPlace> => storeState(tx)

export interface IncidentList {
  readonly items: ListedIncident[]
  /** Of all pages together; of what is searched for, or of a period, 10,001 stands for more than 10,000. */
  readonly total: number
  /** Absent on the last page. */
  readonly next?: ListPlace
  readonly place: FeedPlace
}

/** What is searched for means more endpoints or media than a search is for: the words have to say more. */
export class FoundTooManyError extends Error {
  override name = 'FoundTooManyError'
}

/** Throws FoundTooManyError. */
export async function listIncidents(tx: Tx, visible: Visible, page: ListPage): Promise<IncidentList> {
  const place = await feedPlace(tx)
  if (visible === 'nothing') return { items: [], total: 0, place }
  const { words, ...filter } = page.filter
  const found = words === undefined ? undefined : await findIncidents(tx, words)
  if (found === 'too-many') throw new FoundTooManyError('Too many endpoints or media are meant: say more of the name.')
  const asked = { ...page, filter: { ...filter, ...(found && { found }) } }
  const { rows, next } = await listStored(tx, asked, VALUES)
  return { items: rows.map(listed), total: await totalOf(tx, asked), place, ...(next && { next }) }
}

/** Of each sort a count is kept, of what was found or of a period none. */
async function totalOf(tx: Tx, page: StoredPage): Promise<number> {
  const { found, from, to, ...sorts } = page.filter
  if (found !== undefined || from !== undefined || to !== undefined) return countFitting(tx, page, VALUES, MOST_COUNTED)
  return (await countIncidents(tx, sorts)).reduce((sum, { count }) => sum + count, 0)
}

export async function incidentById(tx: Tx, visible: Visible, id: string): Promise<ListedIncident | undefined> {
  const row = visible === 'all' ? await listedById(tx, id) : undefined
  return row && listed(row)
}

/** How many wait for somebody, by department and severity. */
export async function countWaiting(tx: Tx, visible: Visible) {
  if (visible === 'nothing') return []
  const sums = new Map<string, { department: string; severity: number; count: number }>()
  for (const { department, severity, count } of await countIncidents(tx, { stages: WAITING })) {
    const key = JSON.stringify([department, severity])
    sums.set(key, { department, severity, count: (sums.get(key)?.count ?? 0) + count })
  }
  return [...sums.values()].toSorted((a, b) =>
    a.department === b.department ? a.severity - b.severity : a.department < b.department ? -1 : 1,
  )
}

/** What changed after that revision, withdrawn ones too, in the order of the changes: each incident once, as it is now. */
export async function changedSince(
  tx: Tx,
  visible: Visible,
  revision: number,
  limit: number,
): Promise<ListedIncident[]> {
  return visible === 'all' ? (await incidentsSince(tx, revision, limit)).map(listed) : []
}

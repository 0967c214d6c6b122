/** Incidents, as the commit makes and changes them. What people read of them is `incident-lists.ts`. */
import type { Insertable, Selectable } from 'kysely'
import { slices } from './matters.ts'
import type { Tx } from './schema.ts'
import type { IncidentTable } from './tables/incidents.ts'

export type IncidentRow = Selectable<IncidentTable>

export async function incidentsByNumbers(tx: Tx, numbers: readonly number[]): Promise<IncidentRow[]> {
  const rows: IncidentRow[] = []
  for (const some of slices(numbers))
    rows.push(...(await tx.selectFrom('incident').selectAll().where('number', 'in', some).execute()))
  return rows
}

/** All incidents that a matter ever had, the oldest first. */
export const incidentsOfMatter = (tx: Tx, matterId: number): Promise<IncidentRow[]> =>
  tx.selectFrom('incident').selectAll().where('matter_id', '=', matterId).orderBy('number').execute()

/** Incidents that have no matter, or whose matter is not stored, after that number. */
export const incidentsWithoutMatter = (tx: Tx, after: number, limit: number): Promise<IncidentRow[]> =>
  tx
    .selectFrom('incident')
    .leftJoin('matter', 'matter.id', 'incident.matter_id')
    .selectAll('incident')
    .where('matter.id', 'is', null)
    .where('incident.number', '>', after)
    .orderBy('incident.number')
    .limit(limit)
    .execute()

/** Incidents whose newest event is of that boot, after that number; at most `limit`. */
export const incidentsOfBoot = (tx: Tx, boot: number, after: number, limit: number): Promise<IncidentRow[]> =>
  tx
    .selectFrom('incident')
    .selectAll()
    .where('boot_id', '=', boot)
    .where('number', '>', after)
    .orderBy('number')
    .limit(limit)
    .execute()

/** Whether an agent has more incidents of a kind that go on than that. */
export async function hasMoreGoingOn(tx: Tx, agentId: number, kind: string, than: number): Promise<boolean> {
  const rows = await tx
    .selectFrom('incident')
    .select('number')
    .where('agent_id', '=', agentId)
    .where('kind', '=', kind)
    .where('ended_at', 'is', null)
    .limit(1)
    .offset(than) // one row of the index is given, not a thousand: asked for each medium of a flood
    .execute()
  return rows.length > 0
}

/** The newest incident of that id's making; ids are given once. */
export const incidentById = (tx: Tx, id: string): Promise<IncidentRow | undefined> =>
  tx.selectFrom('incident').selectAll().where('id', '=', id).limit(1).executeTakeFirst()

export async function insertIncident(
  tx: Tx,
  incident: Omit<Insertable<IncidentTable>, 'number' | 'version'>,
): Promise<number> {
  const { number } = await tx.insertInto('incident').values(incident).returning('number').executeTakeFirstOrThrow()
  return number
}

export type IncidentChange = Partial<
  Pick<
    IncidentRow,
    | 'severity'
    | 'stage'
    | 'opened_at'
    | 'last_at'
    | 'ended_at'
    | 'boot_id'
    | 'opening_entry'
    | 'facts'
    | 'state'
    | 'device'
    | 'withdrawn_into'
    | 'matter_id'
    | 'kind'
  >
>

export async function changeIncident(tx: Tx, number: number, change: IncidentChange): Promise<void> {
  await tx.updateTable('incident').set(change).where('number', '=', number).execute()
}

/** Numbers the changes of these incidents, in this order. The counter's row is taken last in a commit, so that the order
 *  of revisions is the order of commits. */
export async function stampRevisions(tx: Tx, numbers: readonly number[]): Promise<void> {
  if (numbers.length === 0) return
  const { revision } = await tx
    .updateTable('store')
    .set((is) => ({ revision: is('revision', '+', numbers.length) }))
    .where('id', '=', 1)
    .returning('revision')
    .executeTakeFirstOrThrow()
  for (const [at, number] of numbers.entries())
    await tx
      .updateTable('incident')
      .set({ revision: revision - numbers.length + 1 + at })
      .where('number', '=', number)
      .execute()
}

/** The incident that gathers an agent's further ones of a kind, while it goes on. */
export const gatheringIncidents = (tx: Tx, agentId: number): Promise<IncidentRow[]> =>
  tx
    .selectFrom('incident')
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('kind', '=', 'many-at-once')
    .where('ended_at', 'is', null)
    .orderBy('number')
    .limit(8)
    .execute()

/** Where an agent belongs, and how its incidents are labelled when they are opened. */
export interface AgentPlace {
  readonly agentId: number
  readonly agent: string
  readonly endpointId: number
  readonly department: string
  readonly level: string
}

export async function agentPlaceOf(tx: Tx, agentId: number): Promise<AgentPlace> {
  const row = await tx
    .selectFrom('agent')
    .innerJoin('endpoint', 'endpoint.id', 'agent.endpoint_id')
    .select(['agent.id as agentId', 'agent.agent', 'endpoint.id as endpointId', 'department', 'level'])
    .where('agent.id', '=', agentId)
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) throw new Error(`There is no agent ${agentId}.`)
  return row
}

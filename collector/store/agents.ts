/** Agents: keys, and the programs that have them. Each belongs to one endpoint at a time. */
import { sql, type Insertable, type Selectable } from 'kysely'
import type { DocumentKind } from '#shared/wire/messages.ts'
import type { Tx } from './schema.ts'
import type { AgentTable } from './tables/endpoints.ts'
import { beginTenure, endTenure } from './tenures.ts'

export type AgentRow = Selectable<AgentTable>
export type NewAgent = Pick<
  Insertable<AgentTable>,
  'agent' | 'verifier_key' | 'certificate_serial' | 'endpoint_id' | 'host' | 'passport' | 'machine' | 'enrolled_at'
>

/** With its tenure, from then on. */
export async function insertAgent(tx: Tx, agent: NewAgent): Promise<number> {
  const made = { ...agent, retired_at: null, connected_since: null, last_seen_at: null, version: null, health: null }
  const { id } = await tx.insertInto('agent').values(made).returning('id').executeTakeFirstOrThrow()
  await beginTenure(tx, id, agent.endpoint_id, agent.enrolled_at)
  return id
}

export const agentByUuid = (tx: Tx, agent: string): Promise<AgentRow | undefined> =>
  tx.selectFrom('agent').selectAll().where('agent', '=', agent).executeTakeFirst()

export const agentById = (tx: Tx, id: number): Promise<AgentRow | undefined> =>
  tx.selectFrom('agent').selectAll().where('id', '=', id).executeTakeFirst()

/** Every agent that is not retired, in the order of their endpoints. */
export const livingAgents = (tx: Tx): Promise<AgentRow[]> =>
  tx.selectFrom('agent').selectAll().where('retired_at', 'is', null).orderBy('endpoint_id').orderBy('id').execute()

/** The agents on one endpoint that are not retired, the oldest first. */
export const livingAgentsOf = (tx: Tx, endpointId: number): Promise<AgentRow[]> =>
  tx
    .selectFrom('agent')
    .selectAll()
    .where('endpoint_id', '=', endpointId)
    .where('retired_at', 'is', null)
    .orderBy('id')
    .execute()

/** Every agent that there ever was, in the order of their endpoints, the newest of each last. */
export const listAgents = (tx: Tx): Promise<AgentRow[]> =>
  tx.selectFrom('agent').selectAll().orderBy('endpoint_id').orderBy('id').execute()

/** It asked again with the key that it has. */
export async function saveReenrolment(
  tx: Tx,
  id: number,
  again: Pick<AgentRow, 'certificate_serial' | 'machine'>,
): Promise<void> {
  await tx.updateTable('agent').set(again).where('id', '=', id).execute()
}

/** It has no endpoint from then on, and is served no more. */
export async function retireAgent(tx: Tx, id: number, at: number): Promise<void> {
  await tx.updateTable('agent').set({ retired_at: at }).where('id', '=', id).execute()
  await endTenure(tx, id, at)
}

/** To another endpoint from then on. */
export async function moveAgent(tx: Tx, id: number, endpointId: number, at: number): Promise<void> {
  await tx.updateTable('agent').set({ endpoint_id: endpointId }).where('id', '=', id).execute()
  await endTenure(tx, id, at)
  await beginTenure(tx, id, endpointId, at)
}

/** What its greeting says it is and has. `media_versions`: JSON, the version of each part. */
export type Greeting = Pick<AgentRow, 'version' | 'policy_version' | 'register_version' | 'media_versions'>

export async function setConnected(tx: Tx, id: number, at: number, greeting: Greeting): Promise<void> {
  await tx
    .updateTable('agent')
    .set({ connected_since: at, last_seen_at: at, ...greeting })
    .where('id', '=', id)
    .execute()
}

export async function setDisconnected(tx: Tx, id: number, at: number): Promise<void> {
  await tx.updateTable('agent').set({ connected_since: null, last_seen_at: at }).where('id', '=', id).execute()
}

/** After a start nobody is connected yet, whatever the last run left behind. */
export async function setAllDisconnected(tx: Tx): Promise<void> {
  await tx.updateTable('agent').set({ connected_since: null }).where('connected_since', 'is not', null).execute()
}

export interface Heartbeat {
  readonly agentId: number
  readonly at: number
  /** JSON of its conditions and journal. */
  readonly health: string
}

/** One statement, however many they are; of an agent's only the newest may be among them. */
export async function saveHeartbeats(tx: Tx, heartbeats: readonly Heartbeat[]): Promise<void> {
  if (heartbeats.length === 0) return
  await sql`
    UPDATE agent SET last_seen_at = value ->> 'at', health = value ->> 'health'
    FROM json_each(${JSON.stringify(heartbeats)}) WHERE agent.id = value ->> 'agentId'`.execute(tx)
}

/** What an agent applied, as its message says it. */
export interface AppliedDocument {
  readonly kind: DocumentKind
  /** Of the media list. */
  readonly part?: number | undefined
  readonly version: number
}

export async function saveApplied(tx: Tx, id: number, { kind, part, version }: AppliedDocument): Promise<void> {
  if (kind === 'media') return saveMediaVersion(tx, id, part ?? 0, version)
  await tx
    .updateTable('agent')
    .set(kind === 'policy' ? { policy_version: version } : { register_version: version })
    .where('id', '=', id)
    .execute()
}

async function saveMediaVersion(tx: Tx, id: number, part: number, version: number): Promise<void> {
  const row = await agentById(tx, id)
  if (row === undefined) return
  const versions: unknown = JSON.parse(row.media_versions)
  const known = Array.isArray(versions) ? versions.map(Number) : []
  const all = Array.from({ length: Math.max(known.length, part + 1) }, (_, at) => known[at] ?? 0)
  all[part] = version
  await tx
    .updateTable('agent')
    .set({ media_versions: JSON.stringify(all) })
    .where('id', '=', id)
    .execute()
}

/** Lines of the endpoint ledger: computers. None is ever deleted. Which agents are on them is told by `agents.ts`. */
import { sql, type Insertable, type Selectable } from 'kysely'
import type { Tx } from './schema.ts'
import type { EndpointTable } from './tables/endpoints.ts'

export type EndpointRow = Selectable<EndpointTable>
export type NewEndpoint = Omit<Insertable<EndpointTable>, 'id' | 'merged_into' | 'retired_at'>
/** What the ledger says of an endpoint. */
export type Registration = Pick<
  EndpointRow,
  | 'host'
  | 'name'
  | 'department'
  | 'responsible'
  | 'level'
  | 'network_kind'
  | 'allowed_networks'
  | 'cards'
  | 'gateway_macs'
  | 'status'
>

export async function insertEndpoint(tx: Tx, endpoint: NewEndpoint): Promise<number> {
  const { id } = await tx.insertInto('endpoint').values(endpoint).returning('id').executeTakeFirstOrThrow()
  return id
}

export const endpointById = (tx: Tx, id: number): Promise<EndpointRow | undefined> =>
  tx.selectFrom('endpoint').selectAll().where('id', '=', id).executeTakeFirst()

/** All lines, also retired and merged ones, by department, then by name. As many as computers were ever enrolled. */
export const listEndpoints = (tx: Tx): Promise<EndpointRow[]> =>
  tx.selectFrom('endpoint').selectAll().orderBy('department').orderBy('name').orderBy('id').execute()

/** Of a host name, whatever its case: the lines that are in use, the oldest first. */
export const endpointsOfHost = (tx: Tx, host: string): Promise<EndpointRow[]> =>
  tx
    .selectFrom('endpoint')
    .selectAll()
    .where(sql<string>`lower(host)`, '=', host.toLowerCase())
    .where('status', '!=', 'retired')
    .orderBy('id')
    .execute()

/** The levels of what is confirmed, each once: what is pending or retired raises no collector's level. */
export async function levelsInUse(tx: Tx): Promise<string[]> {
  const rows = await tx.selectFrom('endpoint').select('level').distinct().where('status', '=', 'confirmed').execute()
  return rows.map(({ level }) => level)
}

export async function saveRegistration(tx: Tx, id: number, registration: Registration): Promise<void> {
  await tx.updateTable('endpoint').set(registration).where('id', '=', id).execute()
}

/** Takes a line out of use; its incidents stay. Its agents are the caller's affair (`retireAgent`). */
export async function retireEndpoint(tx: Tx, id: number, at: number): Promise<void> {
  await tx.updateTable('endpoint').set({ status: 'retired', retired_at: at }).where('id', '=', id).execute()
}

/** A line turned out to be another one: it is retired and points there. Its agents are the caller's affair (`moveAgent`). */
export async function mergeEndpoint(tx: Tx, from: number, into: number, at: number): Promise<void> {
  await tx
    .updateTable('endpoint')
    .set({ status: 'retired', retired_at: at, merged_into: into })
    .where('id', '=', from)
    .execute()
}

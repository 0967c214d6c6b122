/** Endpoints and the agents on them. */
import type { Insertable, Kysely, Selectable } from 'kysely'
import type { EndpointTable, Schema } from './schema.ts'

export type EndpointRow = Selectable<EndpointTable>
export type NewEndpoint = Pick<
  Insertable<EndpointTable>,
  | 'agent'
  | 'verifier_key'
  | 'certificate_serial'
  | 'host'
  | 'name'
  | 'department'
  | 'responsible'
  | 'level'
  | 'network_kind'
  | 'allowed_networks'
  | 'status'
  | 'passport'
  | 'enrolled_at'
>
/** What the register says of an endpoint. */
export type Registration = Pick<
  NewEndpoint,
  'name' | 'department' | 'responsible' | 'level' | 'network_kind' | 'allowed_networks' | 'status'
>

export async function insertEndpoint(db: Kysely<Schema>, endpoint: NewEndpoint): Promise<number> {
  const { id } = await db.insertInto('endpoint').values(endpoint).returning('id').executeTakeFirstOrThrow()
  return id
}

export const endpointByAgent = (db: Kysely<Schema>, agent: string): Promise<EndpointRow | undefined> =>
  db.selectFrom('endpoint').selectAll().where('agent', '=', agent).executeTakeFirst()

export const endpointById = (db: Kysely<Schema>, id: number): Promise<EndpointRow | undefined> =>
  db.selectFrom('endpoint').selectAll().where('id', '=', id).executeTakeFirst()

/** By department, then by name. */
export const listEndpoints = (db: Kysely<Schema>): Promise<EndpointRow[]> =>
  db.selectFrom('endpoint').selectAll().orderBy('department').orderBy('name').orderBy('id').execute()

export const saveRegistration = (db: Kysely<Schema>, id: number, registration: Registration) =>
  db.updateTable('endpoint').set(registration).where('id', '=', id).execute()

export const saveCertificateSerial = (db: Kysely<Schema>, id: number, serial: string) =>
  db.updateTable('endpoint').set({ certificate_serial: serial }).where('id', '=', id).execute()

export const setConnected = (db: Kysely<Schema>, id: number, at: number, version: string) =>
  db.updateTable('endpoint').set({ connected_since: at, last_seen_at: at, version }).where('id', '=', id).execute()

export const setDisconnected = (db: Kysely<Schema>, id: number, at: number) =>
  db.updateTable('endpoint').set({ connected_since: null, last_seen_at: at }).where('id', '=', id).execute()

/** After a start nobody is connected yet, whatever the last run left behind. */
export const setAllDisconnected = (db: Kysely<Schema>) =>
  db.updateTable('endpoint').set({ connected_since: null }).where('connected_since', 'is not', null).execute()

/** `health`: JSON of the heartbeat's conditions and journal. */
export const saveHeartbeat = (db: Kysely<Schema>, id: number, at: number, health: string) =>
  db.updateTable('endpoint').set({ last_seen_at: at, health }).where('id', '=', id).execute()

export const saveApplied = (db: Kysely<Schema>, id: number, kind: 'policy' | 'register', version: number) =>
  db
    .updateTable('endpoint')
    .set(kind === 'policy' ? { policy_version: version } : { register_version: version })
    .where('id', '=', id)
    .execute()

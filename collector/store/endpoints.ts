/** Endpoints and the agents on them. */
import type { Insertable, Selectable } from 'kysely'
import type { Db, EndpointTable } from './schema.ts'

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

export async function insertEndpoint(db: Db, endpoint: NewEndpoint): Promise<number> {
  const { id } = await db.insertInto('endpoint').values(endpoint).returning('id').executeTakeFirstOrThrow()
  return id
}

export const endpointByAgent = (db: Db, agent: string): Promise<EndpointRow | undefined> =>
  db.selectFrom('endpoint').selectAll().where('agent', '=', agent).executeTakeFirst()

export const endpointById = (db: Db, id: number): Promise<EndpointRow | undefined> =>
  db.selectFrom('endpoint').selectAll().where('id', '=', id).executeTakeFirst()

/** By department, then by name. */
export const listEndpoints = (db: Db): Promise<EndpointRow[]> =>
  db.selectFrom('endpoint').selectAll().orderBy('department').orderBy('name').orderBy('id').execute()

/** The levels that there are among them, each once. */
export async function levelsInUse(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('endpoint').select('level').distinct().execute()
  return rows.map(({ level }) => level)
}

export const saveRegistration = (db: Db, id: number, registration: Registration) =>
  db.updateTable('endpoint').set(registration).where('id', '=', id).execute()

export const saveCertificateSerial = (db: Db, id: number, serial: string) =>
  db.updateTable('endpoint').set({ certificate_serial: serial }).where('id', '=', id).execute()

/** What its greeting says it is and has. */
export type Greeting = Pick<EndpointRow, 'version' | 'policy_version' | 'register_version'>

export const setConnected = (db: Db, id: number, at: number, greeting: Greeting) =>
  db
    .updateTable('endpoint')
    .set({ connected_since: at, last_seen_at: at, ...greeting })
    .where('id', '=', id)
    .execute()

export const setDisconnected = (db: Db, id: number, at: number) =>
  db.updateTable('endpoint').set({ connected_since: null, last_seen_at: at }).where('id', '=', id).execute()

/** After a start nobody is connected yet, whatever the last run left behind. */
export const setAllDisconnected = (db: Db) =>
  db.updateTable('endpoint').set({ connected_since: null }).where('connected_since', 'is not', null).execute()

/** `health`: JSON of the heartbeat's conditions and journal. */
export const saveHeartbeat = (db: Db, id: number, at: number, health: string) =>
  db.updateTable('endpoint').set({ last_seen_at: at, health }).where('id', '=', id).execute()

export const saveApplied = (db: Db, id: number, kind: 'policy' | 'register', version: number) =>
  db
    .updateTable('endpoint')
    .set(kind === 'policy' ? { policy_version: version } : { register_version: version })
    .where('id', '=', id)
    .execute()

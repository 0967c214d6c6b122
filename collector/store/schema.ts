/** The tables. Times are ms since 1970; keys are small integers, for TEXT keys and times cost a factor of three. */
import type { Generated, Kysely } from 'kysely'

/** A computer with an agent. What the register says of it is copied here when the register is read. */
export interface EndpointTable {
  id: Generated<number>
  agent: string
  /** Verifier key of its identity: one for life (CONTRACTS §2). */
  verifier_key: string
  /** Serial number of its certificate, hex. */
  certificate_serial: string
  host: string
  name: string
  department: string
  responsible: string | null
  level: string
  network_kind: string
  /** JSON, CIDRs; null: nobody has said yet. */
  allowed_networks: string | null
  status: 'confirmed' | 'pending'
  /** JSON (shared/wire/enrolment.ts Passport). */
  passport: string
  enrolled_at: number
  /** Null while not connected. */
  connected_since: number | null
  last_seen_at: number | null
  version: string | null
  policy_version: Generated<number>
  register_version: Generated<number>
  /** JSON of the last heartbeat: conditions and journal. */
  health: string | null
}

/** One epoch of an agent. */
export interface LogTable {
  id: Generated<number>
  endpoint_id: number
  epoch: string
  size: number
  frontier: Uint8Array
  /** The newest checkpoint, as the agent signed it. */
  checkpoint: string
  /** What its first event names as its predecessor. */
  previous: string | null
  /** 1: two logs where there can be one (CONTRACTS §2). */
  forked: number
}

/** One entry of a log, written by `hot.ts`. */
export interface EntryTable {
  id: Generated<number>
  log_id: number
  idx: number
  /** The event's own time: trusted where known, else its wall clock. Of what is no event: when it came. */
  at: number
  received_at: number
  /** A number from `kind`; null for what is no event. */
  kind: number | null
  /** 0 event, 1 tombstone, 2 quarantined. */
  state: number
  /** 0 critical … 3 low; null: noted. */
  severity: number | null
  matter_id: number | null
  /** The bytes as they were hashed; null for a tombstone. */
  line: Uint8Array | null
  /** Of a tombstone its leaf hash; else null, for the line gives it. */
  leaf: Uint8Array | null
  /** Why a tombstone has no line, or why a line was not understood. */
  reason: string | null
}

export interface KindTable {
  id: Generated<number>
  name: string
}

/** What makes violations one incident: the facts gathered from its events so far, JSON. */
export interface MatterTable {
  id: Generated<number>
  kind: 'stay' | 'network-episode'
  endpoint_id: number
  key: string
  facts: string
}

/** When each boot of an endpoint was first heard of. */
export interface BootTable {
  endpoint_id: number
  boot: string
  first_at: number
}

export interface IncidentTable {
  /** Made from the matter, so that a rebuild gives the same (CONTRACTS §8). */
  id: string
  matter_id: number
  endpoint_id: number
  kind: string
  department: string
  level: string
  /** 0 critical … 3 low. */
  severity: number
  /** `open` until the workflow comes. */
  status: string
  opened_at: number
  last_at: number
  ended_at: number | null
  /** JSON (incidents/incident.ts Incident). */
  state: string
  /** Higher with every change of any incident: the live feed goes on from here. */
  revision: number
}

/** The outbox: written in the transaction that made the alert due. */
export interface AlertTable {
  /** Made from incident, reason and channel: due once, whatever is retried. */
  id: string
  incident_id: string
  reason: string
  channel: string
  state: 'waiting' | 'delivered' | 'refused'
  created_at: number
  /** 0 until the first attempt: due at once, whatever the clock says. */
  next_at: number
  attempts: number
  /** Of these, attempts whose end nobody saw (a crash, a connection lost after DATA): each may have become a double. */
  unseen_attempts: number
  delivered_at: number | null
  last_error: string | null
}

export interface RefusalTable {
  id: Generated<number>
  at: number
  agent: string | null
  peer: string
  code: string
  detail: string
  epoch: string | null
  from_idx: number | null
  /** The beginning of the message. */
  message: Uint8Array | null
}

export interface DocumentTable {
  id: Generated<number>
  kind: 'policy' | 'register'
  /** Null: for all. */
  endpoint_id: number | null
  version: number
  /** Of what it says, without version and dates: unchanged content is not published anew. */
  content_hash: string
  note: string
}

export interface TokenTable {
  id: Generated<number>
  /** SHA-256 of the token, hex. */
  hash: string
  department: string
  level: string
  network_kind: string
  uses_left: number
  expires_at: number
  created_at: number
}

export interface AccountTable {
  id: Generated<number>
  name: string
  password_hash: string
  role: string
  must_change: number
  created_at: number
}

export interface SessionTable {
  /** SHA-256 of the cookie, hex. */
  hash: string
  account_id: number
  csrf: string
  created_at: number
  expires_at: number
}

export interface Schema {
  endpoint: EndpointTable
  log: LogTable
  entry: EntryTable
  kind: KindTable
  matter: MatterTable
  boot: BootTable
  incident: IncidentTable
  alert: AlertTable
  refusal: RefusalTable
  document: DocumentTable
  token: TokenTable
  account: AccountTable
  session: SessionTable
}

/** The store, or a transaction of it: what every function of the store takes first. */
export type Db = Kysely<Schema>

/** The store itself, and who reports to it: endpoints, the agents on them. */
import type { Generated } from 'kysely'

/** One row: the store itself. */
export interface StoreTable {
  id: Generated<number>
  /** The form of its states; an older program refuses a newer one. */
  form: number
  /** UUID of one life of a store: a restored or moved one gets another, so that a feed's place in it is never mistaken. */
  incarnation: string
  /** Of the newest change of any incident. Taken last in a commit, so that revisions come in the order of commits. */
  revision: number
}

/** A line of the endpoint ledger: a computer. Never deleted. */
export interface EndpointTable {
  id: Generated<number>
  host: string
  name: string
  department: string
  responsible: string | null
  level: string
  network_kind: string
  /** JSON, CIDRs; null: nobody has said yet. */
  allowed_networks: string | null
  /** JSON, names of cards; null: nobody has said. */
  cards: string | null
  /** JSON, MAC addresses; null: nobody has said. */
  gateway_macs: string | null
  /** `retired`: out of use; its incidents stay. */
  status: 'confirmed' | 'pending' | 'retired'
  /** The endpoint that this line turned out to be. */
  merged_into: number | null
  made_at: number
  retired_at: number | null
}

/** A key, and the program that has it. Belongs to one endpoint at a time. */
export interface AgentTable {
  id: Generated<number>
  /** UUID: one key for life. */
  agent: string
  verifier_key: string
  /** Serial number of its certificate, hex. */
  certificate_serial: string
  endpoint_id: number
  /** The host name that it gave when it enrolled. */
  host: string
  /** JSON (shared/wire/enrolment.ts Passport). */
  passport: string
  /** JSON (shared/wire/enrolment.ts Machine): the readings of the machine that its identity belongs to. */
  machine: string
  enrolled_at: number
  retired_at: number | null
  /** Null while not connected. */
  connected_since: number | null
  last_seen_at: number | null
  /** Where it greeted from last. */
  last_address: Generated<string | null>
  version: string | null
  policy_version: Generated<number>
  register_version: Generated<number>
  /** JSON, the version of each part of the media list. */
  media_versions: Generated<string>
  /** JSON of the last heartbeat: conditions and journal. */
  health: string | null
}

/** Which agent was on which endpoint, from when to when. */
export interface TenureTable {
  id: Generated<number>
  agent_id: number
  endpoint_id: number
  from_at: number
  to_at: number | null
}

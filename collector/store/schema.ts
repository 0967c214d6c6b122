/** Every table of the store. Times are ms since 1970, row numbers grow with time. One file of `store/` asks of one
 *  aggregate; `migrations/` makes the tables and their indexes. */
import type { Generated, Kysely } from 'kysely'

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

/** One epoch of an agent. */
export interface LogTable {
  id: Generated<number>
  agent_id: number
  epoch: string
  /** Changes only from the size it had. */
  size: number
  frontier: Uint8Array
  /** The newest checkpoint, as the agent signed it. */
  checkpoint: string
  /** Of its first event; all its events are of this boot. */
  boot_id: number
  /** The log that began the chain that this one goes on: a fork or a broken succession begins one of its own. */
  branch: number
  /** Its place in the order of the agent's logs; a replacement stands between two others. */
  position: number
  /** What its first event says of the log before it. */
  previous: string | null
  previous_size: number | null
  previous_root: string | null
  ended: string | null
  /** The log whose place it takes after a refusal. */
  replaces: number | null
  /** 1: two logs where there can be one. */
  forked: number
  /** JSON (ingest/succession.ts Broken): what was expected of its first event, and what it said. */
  broken: string | null
  /** Stamps of its first event and of its newest: where the boot's end lies, if the next log is of another boot. */
  first_mono: number
  first_trusted: number | null
  first_wall: number
  last_mono: number
  last_trusted: number | null
  last_wall: number
  /** Index of its first `policy.applied`: what is told as present after it was judged anew. */
  judged_from: number | null
  /** Of the log that began a branch: since then nothing of the branch is taken to go on. */
  over_at: number | null
  /** What comes below this index has been stored, and counted, before: the store had lost it. */
  again_to: Generated<number>
}

/** A boot of an agent's computer. */
export interface BootTable {
  id: Generated<number>
  agent_id: number
  boot: string
  /** Its first trusted stamp: sets the `mono` of its events against time. Null: nobody has vouched for its clock. */
  anchor_mono: number | null
  anchor_at: number | null
  /** Incidents of this boot up to this number have been timed by the anchor; null: all of them. */
  retimed_to: number | null
}

/** One entry of a log, written by `hot.ts`. */
export interface EntryTable {
  id: Generated<number>
  log_id: number
  idx: number
  /** The event's own time as it was known when it was stored. Of what is no event: when it came. */
  at: number
  received_at: number
  /** A number from `kind`; null for what is no event. */
  kind: number | null
  /** 0 event, 1 tombstone, 2 quarantined, 3 repeated: stored a second time after a refusal, and counted nowhere. */
  state: number
  /** 0 critical … 3 low; null: noted. */
  severity: number | null
  /** What it belongs to, whether that is an incident or not. */
  matter_id: number | null
  /** The incident that it belongs to. */
  incident_number: number | null
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

/** The half of a fork that was refused, kept whole: of each log the first, further ones are counted. */
export interface ForkTable {
  log_id: number
  at: number
  /** Index at which the leaves differ. */
  idx: number
  /** The entry that differs, as it came. */
  line: Uint8Array
  /** The checkpoint that signed it. */
  checkpoint: string
  count: number
}

/** What makes violations one incident: a stay of a medium, or what a network card does in one branch. */
export interface MatterTable {
  id: Generated<number>
  kind: string
  agent_id: number
  key: string
  /** The log that began its branch. */
  branch: number
  /** Of its newest event. */
  boot_id: number
  /** JSON of what correlation gathered; empty: nothing yet. */
  facts: string
  /** 1 while it has not ended. */
  going_on: number
  /** Its newest incident. */
  incident_number: number | null
  /** 1: entries of it wait to be folded in their order (incidents/refold.ts). */
  stale: number
}

/** What is on: one row for each part of a network card that breaks a rule now. */
export interface BrokenPartTable {
  matter_id: number
  boot_id: number
  /** `address …`, `route …` with all its parts, or `link`. */
  part: string
}

export interface IncidentTable {
  /** The number that people see; never given twice. */
  number: Generated<number>
  /** 32 hex digits, given at its making and kept. */
  id: string
  kind: string
  /** Null: it is about the agent itself, or gathers many matters. */
  matter_id: number | null
  agent_id: number
  endpoint_id: number
  /** As they were when it was opened. */
  department: string
  level: string
  /** 0 critical … 3 low. */
  severity: number
  /** What people made of it (incidents/workflow/). */
  stage: string
  /** When the first rule was broken, by the event's own time. */
  opened_at: number
  /** When the first violation was received. */
  arrived_at: number
  last_at: number
  ended_at: number | null
  /** Of its newest event. */
  boot_id: number | null
  /** Id of the entry that opened it. */
  opening_entry: number | null
  /** JSON of what correlation gathered; null where the matter's facts have it. */
  facts: string | null
  /** JSON (correlate/incident.ts Incident): what people are shown. */
  state: string
  /** Higher with every change of any incident: the live feed goes on from here. */
  revision: number
  /** Rises with every action on it: whoever acts names the one that they saw. */
  version: Generated<number>
  /** The incident before it, which was closed when this one began. */
  linked_to: number | null
  /** Of one that was withdrawn: the incident that has its entries now. */
  withdrawn_into: number | null
}

/** How many incidents there are of each sort: kept by triggers. */
export interface IncidentCountTable {
  stage: string
  department: string
  severity: number
  kind: string
  count: number
}

/** What was done to an incident: append-only. */
export interface ActionTable {
  id: Generated<number>
  incident_number: number
  kind: string
  actor_kind: string
  actor_id: string
  actor_name: string
  at: number
  reason: string | null
  /** JSON, by kind. */
  fields: string
}

/** A rule that alerts nobody on an endpoint until a date: noted and counted all the same. */
export interface MuteTable {
  id: Generated<number>
  rule: string
  endpoint_id: number
  until_at: number
  reason: string
  actor_name: string
  made_at: number
  /** When somebody ended it before its date. */
  lifted_at: number | null
}

/** What was done, by whom: a record in its final bytes, written in the transaction of the act. */
export interface AuditTable {
  id: Generated<number>
  at: number
  act: string
  line: string
}

/** The outbox: one row for each incident and mailbox, put in by the transaction that made it due. News coalesce into it. */
export interface AlertTable {
  id: Generated<number>
  incident_number: number
  mailbox: string
  state: 'waiting' | 'delivered' | 'refused' | 'dismissed'
  /** JSON, the reasons that are not told yet, in the order they came. */
  news: string
  /** The beginning of `news` that the mail under way tells, as the same JSON. It stays where nobody saw the end of an
   *  attempt: the next one is the same mail again. Null: none is under way. */
  telling: string | null
  /** Of the incident when the newest news came: 0 critical … 3 low. */
  severity: number
  /** When the oldest of the news came. */
  created_at: number
  /** Since when it could have gone out: since then, or since the end of the pause after the mail before. */
  due_at: number
  /** Not tried before; 0: at once, whatever the clock says. */
  next_at: number
  /** Mails that went out, and the severity that the last one, or the one under way, named. */
  sent: number
  sent_severity: number | null
  /** Attempts at the one that waits. */
  attempts: number
  delivered_at: number | null
  last_error: string | null
  /** The digest under way that tells it: id of its message. */
  digest: string | null
}

/** One destination of a channel: how the outbox stands with it. Made when the configuration first names it. */
export interface MailboxTable {
  mailbox: string
  /** Attempts in a row that did not go well; the next one not before. */
  failures: number
  next_at: number
  last_error: string | null
  /** Of all attempts those whose end nobody saw (a crash, a connection lost after DATA): each may have become a double. */
  unseen_attempts: number
  /** The digest under way: id of its message. */
  digest: string | null
  /** Local date of the newest daily mail that went out, or need not. */
  daily_for: string | null
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
  kind: 'policy' | 'register' | 'media'
  /** Of a register; null: for all. */
  agent_id: number | null
  /** Of the media list. */
  part: number | null
  version: number
  /** Of what it says, without version and dates: unchanged content is not published anew. */
  content_hash: string
  expires_at: number
  note: string
}

/** One row: what was published of the ledgers and is no document of its own. */
export interface LedgerTable {
  id: Generated<number>
  /** Rises with every act that changes what some document says: whoever serves looks at it. */
  revision: number
  /** JSON (ledgers/register.ts Ledger). */
  content: string
  /** Of the bytes of the files that it was published from. */
  source_hash: string
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
  store: StoreTable
  endpoint: EndpointTable
  agent: AgentTable
  tenure: TenureTable
  log: LogTable
  boot: BootTable
  entry: EntryTable
  kind: KindTable
  fork: ForkTable
  matter: MatterTable
  broken_part: BrokenPartTable
  incident: IncidentTable
  incident_count: IncidentCountTable
  action: ActionTable
  mute: MuteTable
  audit: AuditTable
  alert: AlertTable
  mailbox: MailboxTable
  refusal: RefusalTable
  document: DocumentTable
  ledger: LedgerTable
  token: TokenTable
  account: AccountTable
  session: SessionTable
}

declare const transaction: unique symbol
/** A transaction under way: what every function of the store takes first. Only `transaction.ts` makes one. */
export type Tx = Kysely<Schema> & { readonly [transaction]: true }

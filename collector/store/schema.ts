/** Every table of the store (`tables/`). Times are ms since 1970, row numbers grow with time. One file of `store/` asks of one
 *  aggregate; `migrations/` makes the tables and their indexes. */
import type { Kysely } from 'kysely'
import type { StoreTable, EndpointTable, AgentTable, TenureTable } from './tables/endpoints.ts'
import type { LogTable, BootTable, EntryTable, KindTable, ForkTable, RefusalTable } from './tables/logs.ts'
import type {
  MatterTable,
  BrokenPartTable,
  IncidentTable,
  IncidentCountTable,
  ActionTable,
} from './tables/incidents.ts'
import type { AlertTable, MailboxTable, MuteTable } from './tables/outbox.ts'
import type { DocumentTable, LedgerTable, TokenTable, AccountTable, SessionTable, AuditTable } from './tables/office.ts'

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

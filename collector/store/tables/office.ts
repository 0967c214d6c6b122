/** What the office publishes, and who may sign in; what they did. */
import type { Generated } from 'kysely'

/** What was done, by whom: a record in its final bytes, written in the transaction of the act. */
export interface AuditTable {
  id: Generated<number>
  at: number
  act: string
  line: string
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

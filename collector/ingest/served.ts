/** What serving one agent needs. */
import type { VerifierKey } from '#shared/evidence/note.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Access } from '#collector/access/acting.ts'
import type { Conditions } from '#collector/conditions.ts'
import type { Live } from '#collector/live.ts'
import type { Log } from '#base/log.ts'
import type { Metrics } from '#collector/metrics.ts'
import type { Documents } from '#collector/policy/documents.ts'
import type { Store } from '#collector/store/database.ts'
import type { Trust } from '#collector/trust/trust.ts'
import type { Committer } from './committer.ts'
import type { Connection } from './connection.ts'
import type { StoredLogs } from './stored-logs.ts'

export interface IngestParts {
  readonly store: Store
  readonly access: Access
  readonly committer: Committer
  readonly documents: Documents
  readonly conditions: Conditions
  readonly trust: Trust
  readonly clock: Clock
  readonly live: Live
  readonly metrics: Metrics
  readonly log: Log
}

export interface Served extends IngestParts {
  readonly connection: Connection
  /** Its row number. */
  readonly agentId: number
  /** Its UUID. */
  readonly agent: string
  readonly endpointId: number
  readonly verifierKey: VerifierKey
  readonly logs: StoredLogs
}

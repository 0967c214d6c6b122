/** What ingest verified and hands to the commit. */
import type { Event } from '#shared/event/event.ts'
import type { Frontier } from '#shared/evidence/merkle.ts'
import type { FilledEntry, LogStart } from './verify.ts'

export type VerifiedEntry =
  | { readonly state: 'event'; readonly event: Event; readonly line: Buffer }
  | { readonly state: 'tombstone'; readonly leaf: Buffer; readonly reason: string }
  /** Proved but not understood: stored raw, acknowledged, shown, and read again after an upgrade. */
  | { readonly state: 'quarantined'; readonly line: Buffer; readonly reason: string }

export interface VerifiedBatch {
  /** `id`: its row number; `agent`: its UUID. */
  readonly agent: { readonly id: number; readonly agent: string }
  readonly log: {
    readonly epoch: string
    /** Index of the first entry: the size that the log has to have. */
    readonly from: number
    /** After the last entry. */
    readonly frontier: Frontier
    readonly checkpoint: string
    /** Of a new log, and only of it. */
    readonly start?: LogStart
  }
  readonly entries: readonly VerifiedEntry[]
  /** Lines that take the place of their tombstones. */
  readonly filled: readonly FilledEntry[]
  /** ms since 1970. */
  readonly receivedAt: number
}

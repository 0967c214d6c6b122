/** What ingest verified and hands to the commit. */
import type { Event } from '#shared/event/event.ts'
import type { Frontier } from '#shared/evidence/merkle.ts'

export type VerifiedEntry =
  | { readonly state: 'event'; readonly event: Event; readonly line: Buffer }
  | { readonly state: 'tombstone'; readonly leaf: Buffer; readonly reason: string }
  /** Proved but not understood: stored raw, acknowledged, shown, and read again after an upgrade. */
  | { readonly state: 'quarantined'; readonly line: Buffer; readonly reason: string }

export interface VerifiedBatch {
  readonly endpoint: { readonly id: number; readonly agent: string }
  readonly log: {
    readonly epoch: string
    /** Index of the first entry. */
    readonly from: number
    /** After the last entry. */
    readonly frontier: Frontier
    readonly checkpoint: string
    /** The epoch that the log's first event names as the one before; only where that event is in this batch. */
    readonly previous?: string
  }
  readonly entries: readonly VerifiedEntry[]
  /** ms since 1970. */
  readonly receivedAt: number
}

/** What was reported: logs, their entries, the boots that they are of, and what was refused. */
import type { Generated } from 'kysely'

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

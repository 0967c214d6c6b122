/** What was made of it: matters, incidents, and what was done to them. */
import type { Generated } from 'kysely'

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
  /** By which a medium or a card is searched for, in lower case: its serial, its address. */
  device: string | null
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

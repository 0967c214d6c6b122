/** An incident as people are shown it: made from what correlation gathered, never the other way round. What people do to it
 *  comes beside it, never into it. Times are ms since 1970. */
import type { Event } from '#shared/event/event.ts'
import type { Interface, Medium } from '#shared/event/subject.ts'
import type { Severity } from '#shared/vocabulary/levels.ts'

/** A matter has facts of its own, whether it is an incident or not. */
export const matterKinds = ['stay', 'network-episode'] as const
export type MatterKind = (typeof matterKinds)[number]
export const isMatterKind = (kind: string): kind is MatterKind => matterKinds.some((known) => known === kind)

/** What makes violations one incident; `many-at-once` gathers those of an agent that floods. */
export const incidentKinds = [...matterKinds, 'fork', 'succession', 'many-at-once'] as const
export type IncidentKind = (typeof incidentKinds)[number]

/** What people, and the collector, made of it. */
export const stages = ['open', 'acknowledged', 'false-alarm', 'closed', 'withdrawn'] as const
export type Stage = (typeof stages)[number]

/** A stored event, as correlation sees it. */
export interface Sighting {
  readonly event: Event
  readonly epoch: string
  readonly index: number
  readonly receivedAt: number
}

/** An event received later than this after its own time is *received late*. */
const LATE_MS = 60_000
export const isLate = ({ at, receivedAt }: { at: number; receivedAt: number }): boolean => receivedAt - at > LATE_MS

export interface BrokenRule {
  rule: string
  clause: string
  severity: Severity
  count: number
}

export interface FileLeft {
  path: string
  outcome: 'copied' | 'interrupted'
  sizeBytes?: number
  copy: string
}

/** Something on a network that broke a rule. `text`: `10.9.9.9/24`, `0.0.0.0/0 via 10.9.9.1 metric 100`, or the interface. */
export interface BrokenLink {
  what: 'address' | 'route' | 'link'
  text: string
  gone: boolean
}

export type Began = 'live' | 'present' | 'recovered' | 'rule' | 'approval-ended'
export type EndedBy = 'removed' | 'gone' | 'link-down' | 'allowed' | 'boot-ended' | 'recovered' | 'unknown'
/** An end that nobody saw: the last look that still saw it, and the first that did not. */
export interface EndBetween {
  after: number
  before: number
}

/** One span in which at least one part of a card was on and broke a rule. */
export interface Contact {
  began: Began
  from: number
  to?: number
  ended?: EndedBy
  between?: EndBetween
}

export interface Incident {
  kind: IncidentKind
  /** When the first rule was broken. */
  openedAt: number
  firstAt: number
  lastAt: number
  endedAt?: number
  endedBy?: EndedBy
  endedBetween?: EndBetween
  /** True where its times rest on the machine's own clock alone. */
  unverified: boolean
  severity: Severity
  /** Worst first, then by name. */
  rules: BrokenRule[]
  events: number
  violations: number
  /** True where a violation of it was received late. */
  receivedLate: boolean
  medium?: Medium
  /** Mount points, at most 8. */
  volumes?: string[]
  /** `first`: the first 20 that came to rest or were interrupted. */
  files?: { copied: number; interrupted: number; started: number; first: FileLeft[] }
  /** `newest`: the newest 8 contacts, the newest last. `broke`: the newest 32 parts; `parts`: how many there were. */
  network?: { interface: Interface; contacts: number; newest: Contact[]; broke: BrokenLink[]; parts: number }
  /** Of a broken succession or a fork: what the log's beginning, or its entry, had to be, and what came. */
  log?: { epoch: string; expected: string; given: string; times: number }
  /** Of many at once: which kind, and how many matters it gathers. */
  many?: { of: MatterKind; matters: number }
}

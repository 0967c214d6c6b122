/** An incident, as events alone make it: one per matter, however many events it has (CONTRACTS §8). What people do to
 *  it comes beside it, never into it. */
import type { Event } from '#shared/event/event.ts'
import type { Interface, Medium } from '#shared/event/subject.ts'
import type { Severity } from '#shared/vocabulary/levels.ts'

export type MatterKind = 'stay' | 'network-episode'

/** A stored event, as correlation sees it. Times are ms since 1970. */
export interface Sighting {
  readonly event: Event
  /** The agent that reported it; part of every key. */
  readonly agent: string
  readonly epoch: string
  readonly index: number
  /** The event's own time: trusted where known, else its wall clock. */
  readonly at: number
  readonly receivedAt: number
}

/** An event received later than this after its own time is *received late* (CONTRACTS §6). */
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

/** Something on a network that broke a rule. `text`: `10.9.9.9/24`, `0.0.0.0/0 via 10.9.9.1`, or the interface. */
export interface BrokenLink {
  what: 'address' | 'route' | 'link'
  text: string
  gone: boolean
}

export interface Incident {
  /** 32 hex digits, made from the matter: a rebuild gives the same. */
  id: string
  kind: MatterKind
  /** When the first rule was broken. */
  openedAt: number
  firstAt: number
  lastAt: number
  endedAt?: number
  endedBy?: 'removed' | 'boot-ended' | 'link-down' | 'cleared'
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
  network?: { interface: Interface; broke: BrokenLink[] }
  /** Monotonic span of its events within the matter's boot, for a matter that has more than one incident. */
  span?: { boot: string; from: number; to?: number }
}

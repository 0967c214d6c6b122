/** A matter says which violations are one incident: a pure fold over the events of one stay, or of one network card in one
 *  branch, in the order of the agent's logs. Loading and storing are the commit's. */
import { createHash } from 'node:crypto'
import type { Incident, MatterKind, Sighting } from './incident.ts'
import type { Anchors, Moment, Span } from './moment.ts'

export interface Surroundings {
  readonly at: Moment
  /** True where a document came into force before it in its log: what is told as present is judged anew. */
  readonly judgedAnew: boolean
  /** Whether that part is on now. */
  readonly isOn: (part: string) => boolean
  /** True where people have closed the matter's newest incident. */
  readonly isClosed: boolean
  /** True where the entry is known to have opened an incident of its own, which people's acts brought about (a refold). */
  readonly opensAnew: boolean
  readonly late: boolean
}

/** What one event does to its matter. */
export interface Step<Facts> {
  readonly facts: Facts
  /** `incident`: the event belongs to the newest incident, not only to the matter. */
  readonly belongs: 'matter' | 'incident'
  /** A new incident begins with it. `linked`: because people had closed the one before, which had ended. */
  readonly opens?: 'new' | 'linked'
  /** The incident had been closed and goes on. */
  readonly reopens?: true
  /** It counts as a violation: a second telling does not. */
  readonly counts?: true
  /** What is on afterwards. */
  readonly on?: { readonly part: string; readonly now: boolean } | 'nothing'
}

export interface Matter<Facts> {
  readonly kind: MatterKind
  /** Undefined: the event belongs to none of this kind. */
  readonly key: (event: Sighting['event'], branch: number) => string | undefined
  /** Undefined: what is told does not concern what is on. */
  readonly partOf: (event: Sighting['event']) => string | undefined
  readonly step: (before: Facts | undefined, sighting: Sighting, around: Surroundings) => Step<Facts>
  /** What went on ends as it cannot have gone on: with its boot, or nobody knows when. */
  readonly end: (facts: Facts, how: { readonly by: 'boot-ended' | 'unknown'; readonly span: Span }) => Facts
  readonly goesOn: (facts: Facts) => boolean
  /** The newest incident that the facts make; undefined while no rule was broken. */
  readonly picture: (facts: Facts, anchors: Anchors) => Incident | undefined
  /** Every boot that its moments name. */
  readonly boots: (facts: Facts) => readonly number[]
}

export const incidentId = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)

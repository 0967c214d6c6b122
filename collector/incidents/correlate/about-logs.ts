/** Incidents about an agent's logs themselves: a fork, or a beginning that does not join what is stored. */
import type { Incident } from './incident.ts'
import { isVerified, timeOf, type Anchors, type Moment } from './moment.ts'
import type { Severity } from '#shared/vocabulary/levels.ts'

export interface LogFacts {
  readonly kind: 'fork' | 'succession'
  readonly at: Moment
  readonly severity: Severity
  readonly epoch: string
  readonly expected: string
  readonly given: string
  /** How often it was seen: each refused half of a fork after the first. */
  readonly times: number
}

export const pictureOfLog = ({ kind, at, severity, ...log }: LogFacts, anchors: Anchors): Incident => ({
  kind,
  openedAt: timeOf(at, anchors),
  firstAt: timeOf(at, anchors),
  lastAt: timeOf(at, anchors),
  unverified: !isVerified(at, anchors),
  severity,
  rules: [],
  events: log.times,
  violations: log.times,
  receivedLate: false,
  log,
})

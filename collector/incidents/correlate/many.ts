/** Many at once: an agent that floods opens no incident for each of its matters, but one that gathers them. */
import type { Verdict } from '#shared/event/event.ts'
import { addVerdicts, worstFirst, type RuleCounts } from './broken-rules.ts'
import type { Incident, MatterKind } from './incident.ts'
import { isVerified, timeOf, type Anchors, type Moment } from './moment.ts'

export interface ManyFacts {
  readonly of: MatterKind
  readonly opened: Moment
  readonly last: Moment
  readonly matters: number
  /** How many of them go on. */
  readonly on: number
  readonly events: number
  readonly violations: number
  readonly late: boolean
  readonly rules: RuleCounts
}

/** What the events of one matter add. */
export interface Gained {
  readonly at: Moment
  readonly opened: number
  /** +1: it goes on now and did not before; -1: it has ended. */
  readonly on: number
  readonly events: number
  readonly violations: readonly (readonly Verdict[])[]
  readonly late: boolean
}

export const beginMany = (of: MatterKind, at: Moment): ManyFacts => ({
  of,
  opened: at,
  last: at,
  matters: 0,
  on: 0,
  events: 0,
  violations: 0,
  late: false,
  rules: {},
})

export const gainMany = (facts: ManyFacts, { at, opened, on, events, violations, late }: Gained): ManyFacts => ({
  ...facts,
  last: at,
  matters: facts.matters + opened,
  on: Math.max(0, facts.on + on),
  events: facts.events + events,
  violations: facts.violations + violations.length,
  late: facts.late || late,
  rules: violations.reduce<RuleCounts>(addVerdicts, facts.rules),
})

export function pictureOfMany(facts: ManyFacts, anchors: Anchors): Incident {
  const rules = worstFirst(facts.rules)
  return {
    kind: 'many-at-once',
    openedAt: timeOf(facts.opened, anchors),
    firstAt: timeOf(facts.opened, anchors),
    lastAt: timeOf(facts.last, anchors),
    ...(facts.on === 0 && { endedAt: timeOf(facts.last, anchors) }),
    unverified: !isVerified(facts.opened, anchors),
    severity: rules[0]?.severity ?? 'high',
    rules,
    events: facts.events,
    violations: facts.violations,
    receivedLate: facts.late,
    many: { of: facts.of, matters: facts.matters },
  }
}

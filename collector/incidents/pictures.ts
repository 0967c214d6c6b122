/** What people are shown of a stored incident, made from what correlation gathered. */
import { pictureOfLog, type LogFacts } from './correlate/about-logs.ts'
import { bootsOf, pictureOf } from './correlate/correlate.ts'
import type { Incident, MatterKind } from './correlate/incident.ts'
import { pictureOfMany, type ManyFacts } from './correlate/many.ts'
import type { Anchors } from './correlate/moment.ts'

/** Facts of an incident, by its kind. Written by this version's correlation alone (the store names its form). */
export function picture(kind: string, facts: string, anchors: Anchors): Incident | undefined {
  if (kind === 'stay' || kind === 'network-episode') return pictureOf(kind, facts, anchors)
  if (kind === 'many-at-once') return pictureOfMany(manyFacts(facts), anchors)
  return pictureOfLog(logFacts(facts), anchors)
}

export function bootsIn(kind: string, facts: string): readonly number[] {
  if (kind === 'stay' || kind === 'network-episode') return bootsOf(kind, facts)
  if (kind !== 'many-at-once') return [logFacts(facts).at.boot]
  const { opened, last } = manyFacts(facts)
  return [opened.boot, last.boot]
}

export const manyFacts = (facts: string): ManyFacts => JSON.parse(facts)
export const logFacts = (facts: string): LogFacts => JSON.parse(facts)
export const incidentOf = ({ state }: { readonly state: string }): Incident => JSON.parse(state)
export const isMatterKind = (kind: string): kind is MatterKind => kind === 'stay' || kind === 'network-episode'

/** A matter says which violations are one incident. It gathers facts from events, in any order and batches, and makes
 *  incidents from the facts; loading and storing are the commit's. */
import { createHash } from 'node:crypto'
import type { Incident, MatterKind, Sighting } from './incident.ts'

/** What else an incident depends on: when each boot of the endpoint was first heard of, ms since 1970. */
export interface Surroundings {
  readonly boots: Readonly<Record<string, number>>
}

export interface Matter<Facts> {
  readonly kind: MatterKind
  /** Which matter of its agent the event belongs to; undefined: none of this kind. */
  readonly key: (sighting: Sighting) => string | undefined
  readonly none: Facts
  /** The facts with one more event. Commutes: any order of the same events gives the same facts. */
  readonly gain: (facts: Facts, sighting: Sighting) => Facts
  /** The incidents that the facts make: none while no rule was broken. */
  readonly incidents: (facts: Facts, about: { agent: string; key: string }, around: Surroundings) => Incident[]
}

export const incidentId = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)

/** When a boot was over: the next one of the same endpoint was heard of. */
export function bootEnd(boot: string, { boots }: Surroundings): number | undefined {
  const first = boots[boot]
  const later = Object.values(boots).filter((at) => first !== undefined && at > first)
  return later.length === 0 ? undefined : Math.min(...later)
}

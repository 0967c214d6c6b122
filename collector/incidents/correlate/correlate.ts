/** Events → incidents: values in, values out. Reads and writes nothing; the commit loads and applies. */
import type { Incident, MatterKind, Sighting } from './incident.ts'
import type { Matter, Surroundings } from './matter.ts'
import { networkEpisode } from './network-episode.ts'
import { stay } from './stay.ts'

/** Which matter of which agent. */
export interface MatterName {
  readonly kind: MatterKind
  readonly agent: string
  readonly key: string
}
/** `facts` as the store keeps them; undefined for a matter that is new. */
export interface KnownMatter extends MatterName {
  readonly facts: string | undefined
}
export interface Correlated extends MatterName {
  readonly facts: string
  /** All incidents of this matter, as they are now. */
  readonly incidents: Incident[]
}

interface Correlator {
  readonly kind: MatterKind
  readonly key: (sighting: Sighting) => string | undefined
  readonly correlate: (known: KnownMatter, sightings: readonly Sighting[], around: Surroundings) => Correlated
}

/** Closes over what only the matter itself knows: the form of its facts. */
const correlator = <Facts>({ kind, key, none, gain, incidents }: Matter<Facts>): Correlator => ({
  kind,
  key,
  correlate(known, sightings, around) {
    const before: Facts = known.facts === undefined ? none : JSON.parse(known.facts)
    const facts = sightings.reduce(gain, before)
    const { agent, key: of } = known
    return {
      kind,
      agent,
      key: of,
      facts: JSON.stringify(facts),
      incidents: incidents(facts, { agent, key: of }, around),
    }
  },
})

const correlators: readonly Correlator[] = [correlator(stay), correlator(networkEpisode)]

/** The one matter that an event belongs to, if any. */
export function matterOf(sighting: Sighting): MatterName | undefined {
  for (const { kind, key } of correlators) {
    const found = key(sighting)
    if (found !== undefined) return { kind, agent: sighting.agent, key: found }
  }
  return undefined
}

/** One matter with more events: its facts and all its incidents after them. Without events, as its surroundings changed. */
export function correlate(known: KnownMatter, sightings: readonly Sighting[], around: Surroundings): Correlated {
  const found = correlators.find(({ kind }) => kind === known.kind)
  if (found === undefined)
    throw new Error(`The store holds a matter of kind "${known.kind}", which this version does not know.`)
  return found.correlate(known, sightings, around)
}

/** Events → incidents: values in, values out. Reads and writes nothing; the commit loads and applies. */
import type { Event } from '#shared/event/event.ts'
import type { Incident, MatterKind, Sighting } from './incident.ts'
import type { Matter, Surroundings } from './matter.ts'
import type { Anchors, Span } from './moment.ts'
import { networkEpisode } from './network-episode.ts'
import { stay } from './stay.ts'

export interface KnownMatter {
  readonly kind: MatterKind
  /** As the store keeps them; empty for a matter that is new. */
  readonly facts: string
  /** As its row says it: the end of a boot ends many matters there, and not in the facts of each. */
  readonly goesOn: boolean
  /** Whether people have closed its newest incident. */
  readonly isClosed: boolean
}

/** One event with all that its matter has to know of it. */
export interface Placed extends Omit<Surroundings, 'isOn' | 'isClosed'> {
  readonly sighting: Sighting
}

/** An incident that these events made or changed. */
export interface FoldedIncident {
  /** Place among the events of the one that opened it; absent where it was there before. */
  readonly opening?: number
  readonly linked: boolean
  readonly reopened: boolean
  /** Its facts when the events had passed, or when the next incident of the matter began. */
  readonly facts: string
  /** Places among the events of those that count as violations of it. */
  readonly counted: readonly number[]
}

export interface Folded {
  readonly facts: string
  readonly goesOn: boolean
  /** In their order; the last one is the newest. Only those that an event belongs to. */
  readonly incidents: readonly FoldedIncident[]
  /** For each event which of `incidents` it belongs to; undefined: to the matter alone. */
  readonly belongs: readonly (number | undefined)[]
  /** What is on: all that was before is gone where `cleared`; then each of these is on, or not. */
  readonly on: { readonly cleared: boolean; readonly parts: ReadonlyMap<string, boolean> }
}

interface Correlator {
  readonly kind: MatterKind
  readonly key: (event: Event, branch: number) => string | undefined
  readonly partOf: (event: Event) => string | undefined
  readonly fold: (known: KnownMatter, placed: readonly Placed[], wasOn: (part: string) => boolean) => Folded
  readonly end: (facts: string, how: { by: 'boot-ended' | 'unknown'; span: Span }) => string
  readonly picture: (facts: string, anchors: Anchors) => Incident | undefined
  readonly boots: (facts: string) => readonly number[]
}

interface Draft extends Omit<FoldedIncident, 'facts' | 'counted' | 'reopened'> {
  reopened: boolean
  facts: string
  counted: number[]
}

/** Closes over what only the matter itself knows: the form of its facts. */
function correlator<Facts>({ kind, key, partOf, step, end, goesOn, picture, boots }: Matter<Facts>): Correlator {
  const read: (facts: string) => Facts = JSON.parse
  return {
    kind,
    key,
    partOf,
    fold(known, placed, wasOn) {
      let facts = known.facts === '' ? undefined : read(known.facts)
      if (facts !== undefined && goesOn(facts) !== known.goesOn)
        throw new RangeError('What its facts say to be on ended with a boot.')
      let isClosed = known.isClosed
      let cleared = false
      const parts = new Map<string, boolean>()
      const incidents: Draft[] = []
      const isOn = (part: string): boolean => parts.get(part) ?? (!cleared && wasOn(part))
      const belongs = placed.map(({ sighting, ...around }, place) => {
        const before = facts
        const done = step(before, sighting, { ...around, isOn, isClosed })
        facts = done.facts
        if (done.on === 'nothing') {
          cleared = true
          parts.clear()
        } else if (done.on) parts.set(done.on.part, done.on.now)
        if (done.belongs === 'matter') return undefined
        const opens = done.opens !== undefined
        const last = incidents.at(-1)
        if (opens && last) last.facts = JSON.stringify(before)
        if (opens || last === undefined)
          incidents.push({
            ...(opens && { opening: place }),
            linked: done.opens === 'linked',
            reopened: false,
            facts: '',
            counted: [],
          })
        if (opens || done.reopens === true) isClosed = false
        const newest = incidents.at(-1)
        if (newest && done.reopens === true) newest.reopened = true
        if (newest && done.counts === true) newest.counted.push(place)
        return incidents.length - 1
      })
      const after = facts === undefined ? '' : JSON.stringify(facts)
      const newest = incidents.at(-1)
      if (newest) newest.facts = after
      return { facts: after, goesOn: facts !== undefined && goesOn(facts), incidents, belongs, on: { cleared, parts } }
    },
    end: (facts, how) => (facts === '' ? '' : JSON.stringify(end(read(facts), how))),
    picture: (facts, anchors) => (facts === '' ? undefined : picture(read(facts), anchors)),
    boots: (facts) => (facts === '' ? [] : boots(read(facts))),
  }
}

const correlators: Readonly<Record<MatterKind, Correlator>> = {
  stay: correlator(stay),
  'network-episode': correlator(networkEpisode),
}

export interface MatterName {
  readonly kind: MatterKind
  readonly key: string
}

/** The one matter that an event belongs to, if any. */
export function matterOf(event: Event, branch: number): MatterName | undefined {
  for (const { kind, key } of Object.values(correlators)) {
    const found = key(event, branch)
    if (found !== undefined) return { kind, key: found }
  }
  return undefined
}

/** What of its matter an event says is on or off; undefined where nothing lasts. */
export const partOf = (kind: MatterKind, event: Event): string | undefined => correlators[kind].partOf(event)

/** One matter with more events, in their order. `wasOn`: whether a part was on before them. Throws where the facts are not
 *  what these events go on from: the matter has to be folded anew. */
export const fold = (known: KnownMatter, placed: readonly Placed[], wasOn: (part: string) => boolean): Folded =>
  correlators[known.kind].fold(known, placed, wasOn)

/** The facts after all that went on has ended. */
export const endMatter = (kind: MatterKind, facts: string, how: { by: 'boot-ended' | 'unknown'; span: Span }): string =>
  correlators[kind].end(facts, how)

/** What people are shown of the newest incident of these facts. */
export const pictureOf = (kind: MatterKind, facts: string, anchors: Anchors): Incident | undefined =>
  correlators[kind].picture(facts, anchors)

/** The boots whose clocks that picture needs. */
export const bootsOf = (kind: MatterKind, facts: string): readonly number[] => correlators[kind].boots(facts)

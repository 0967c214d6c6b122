/** How what happens to a copy is put as a fact, and handed over in order with patience. */
import type { Look } from '#agent/platform/files.ts'
import type { Plugged } from '#agent/media/signal.ts'
import type { Fact, SensorContext } from '#agent/sensors/sensor.ts'
import type { ObservedSubject } from '#shared/event/event.ts'
import type { Detail } from '#shared/event/kinds.ts'
import type { Volume } from '#shared/event/subject.ts'
import { rfc3339, type Clock } from '#shared/vocabulary/clock.ts'

/** Where a copy is: what all facts about it share. */
export interface CopyPlace {
  readonly plugged: Plugged
  readonly volume: Volume
}

export function subjectOf({ plugged, volume }: CopyPlace, copy: string, path: string, look: Look): ObservedSubject {
  const file = look.sizeBytes <= MAX_WHOLE ? { copy, path, sizeBytes: look.sizeBytes } : { copy, path }
  return { plug: plugged.plug, medium: plugged.medium, volume, file }
}
const MAX_WHOLE = 999_999_999_999_999 // docs/protocol.md#encoding; a sparse file may claim more

/** The time of modification as an event can carry it: anyone may set it to anything. */
export function modifiedOf({ mtimeMs }: Look, clock: Clock): { modified?: string } {
  if (!(mtimeMs >= 0 && mtimeMs < YEAR_9999_MS)) return {}
  return { modified: rfc3339(Math.floor(mtimeMs), clock.offset(mtimeMs)) }
}
const YEAR_9999_MS = 253_370_764_800_000

/** What tells, later, what was in a file that came to rest. */
export const tellIdentified =
  (tell: (fact: Fact) => void, found: Fact['found'], subject: ObservedSubject) =>
  (detail: Detail<'file.identified'>): void =>
    tell({ kind: 'file.identified', found, subject, detail })

/** Hands facts over in order. Once `observe` says no, what comes waits here until there is room. */
export interface Teller {
  tell: (fact: Fact) => void
  /** Resolves when nothing waits: who makes facts at leisure waits for it first. */
  told: () => Promise<void>
}

/** What waits is bounded by who tells: 50,000 copies (copies.ts) begun, and as many ended, of 600 bytes: 60 MB. */
export function patientTeller({ observe, drained }: Pick<SensorContext, 'observe' | 'drained'>): Teller {
  const waiting: Fact[] = []
  let draining: Promise<void> | undefined
  const drain = async (): Promise<void> => {
    await drained()
    let given = 0
    for (let fact = waiting[given]; fact !== undefined; fact = waiting[++given]) if (!observe(fact)) await drained()
    waiting.length = 0
    draining = undefined
  }
  return {
    tell: (fact) => {
      if (draining !== undefined) waiting.push(fact)
      else if (!observe(fact)) draining = drain()
    },
    told: () => draining ?? Promise.resolve(),
  }
}

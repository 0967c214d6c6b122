/** When each thing was last seen to be there: by news of it, or by a look at all. Gives the span of an end that nobody
 *  heard. */
import type { Between } from '#shared/event/kinds.ts'
import type { SensorContext } from './sensor.ts'

export interface Looks {
  /** News of one thing that began; what names it is the caller's. */
  readonly saw: (key: string) => void
  /** All was looked at, now. */
  readonly looked: () => void
  /** Of a thing that is not there any more: from when it was last seen until now. Empty before the first look. */
  readonly span: (key: string) => { between?: Between }
}

/** Holds what began since the last look: at most as much as the table that it is of. */
export function lookTimes({ clock, momentAt }: Pick<SensorContext, 'clock' | 'momentAt'>): Looks {
  const since = new Map<string, number>()
  let lookedAt: number | undefined
  return {
    saw: (key) => void since.set(key, clock.monotonic()),
    looked() {
      since.clear()
      lookedAt = clock.monotonic()
    },
    span(key) {
      const after = since.get(key) ?? lookedAt
      since.delete(key)
      return after === undefined ? {} : { between: lookSpan(momentAt, after, clock.monotonic()) }
    },
  }
}

export const lookSpan = (momentAt: SensorContext['momentAt'], after: number, before: number): Between => ({
  after: momentAt(Math.min(after, before)),
  before: momentAt(before),
})

/** When something happened, as an event tells it; and what that is in time, once the boot's clock is known. */
import { parseTime } from '#shared/vocabulary/clock.ts'
import type { Event } from '#shared/event/event.ts'
import type { Between as SpanOfEvent } from '#shared/event/kinds.ts'
import type { EndBetween } from './incident.ts'

export interface Moment {
  /** Row number of the boot. */
  readonly boot: number
  /** ms since that boot. */
  readonly mono: number
  /** Where somebody vouched for it, ms since 1970. */
  readonly trusted?: number
  /** What the machine's own clock said, ms since 1970. */
  readonly wall: number
}

/** A span in which an end lies that nobody saw. */
export interface Span {
  readonly after: Moment
  readonly before: Moment
}

/** The first trusted stamp of a boot. */
export interface Anchor {
  readonly mono: number
  readonly at: number
}
/** By row number of the boot. */
export type Anchors = ReadonlyMap<number, Anchor>

/** A clock that runs ahead never puts an event further beyond its receipt. */
const DAY_MS = 86_400_000

export const momentOf = (
  { mono, at, trusted }: Pick<Event, 'mono' | 'at' | 'trusted'>,
  boot: number,
  receivedAt: number,
): Moment => ({
  boot,
  mono,
  ...(trusted !== undefined && { trusted: parseTime(trusted) }),
  wall: Math.min(parseTime(at), receivedAt + DAY_MS),
})

/** The event's own stamp; else its `mono` set against the boot's anchor; only without either, the machine's clock. */
export function timeOf({ boot, mono, trusted, wall }: Moment, anchors: Anchors): number {
  if (trusted !== undefined) return trusted
  const anchor = anchors.get(boot)
  return anchor === undefined ? wall : anchor.at + mono - anchor.mono
}

export const isVerified = ({ boot, trusted }: Moment, anchors: Anchors): boolean =>
  trusted !== undefined || anchors.has(boot)

/** What an event says of an end that it did not hear live. `at`: the event's own moment, whose clock is the only one there. */
export function spanOf(between: SpanOfEvent | undefined, at: Moment): Span | undefined {
  if (between === undefined) return undefined
  const side = ({ mono, trusted }: SpanOfEvent['after']): Moment => ({
    boot: at.boot,
    mono,
    ...(trusted !== undefined && { trusted: parseTime(trusted) }),
    wall: at.wall - (at.mono - mono),
  })
  return { after: side(between.after), before: side(between.before) }
}

export const betweenOf = ({ after, before }: Span, anchors: Anchors): EndBetween => ({
  after: timeOf(after, anchors),
  before: timeOf(before, anchors),
})

/** What `platform/` tells about media, and what the table makes of it. Facts of this machine, no opinion. */
import type { CoverageCode, UnseenCode } from '#shared/vocabulary/conditions/coverage.ts'
import type { MediumIdentity, Volume } from '#shared/event/subject.ts'

/** One stay of a medium, as the table knows it now. */
export interface Plugged {
  readonly plug: string
  readonly medium: MediumIdentity
  readonly bus: 'usb' | 'mmc' | 'scsi' | 'other' | 'declared'
  /** Class, subclass and protocol of each USB interface, hex. */
  readonly interfaces?: readonly string[]
  /** Where it hangs, in the system's words, for people. */
  readonly path?: string
  /** The wall clock when it was plugged in, as near as the system can say, ms since 1970. */
  readonly since: number
  readonly volumes: readonly Volume[]
}

/** How the table changed: one medium or one mount at a time. `plugged` is the state after it (before it, for `removed`). */
export type MediaChange =
  | { readonly type: 'connected' | 'removed'; readonly plugged: Plugged }
  | { readonly type: 'mounted' | 'remounted' | 'unmounted'; readonly plugged: Plugged; readonly volume: Volume }

export type MediaFound = 'live' | 'present' | 'reconciled'

/** How well the source of media sees: as `Coverage` of a sensor, which this room does not know. */
export type MediaSight =
  | { state: 'watching'; code?: UnseenCode; text?: string }
  | { state: 'degraded' | 'unavailable'; code: CoverageCode; text: string }

/** A mount as the system shows it. `id` is the system's own number of it: two mounts at one place differ in it. */
export interface SeenMount {
  readonly id: string
  readonly volume: Volume
}

/** A medium as the system shows it at one moment. */
export interface SeenMedium extends Omit<Plugged, 'volumes'> {
  readonly mounts: readonly SeenMount[]
}

/** What `platform/` says to the table. The whole state each time, so that a signal lost or doubled mends itself. */
export type MediaSignal =
  | { readonly type: 'state'; readonly found: MediaFound; readonly media: readonly SeenMedium[] }
  /** Came and went before it could be looked at: all that is known is what the system said in passing. */
  | { readonly type: 'passed'; readonly medium: SeenMedium }

export interface MediaListener {
  hear: (signal: MediaSignal) => void
  /** The system said that it lost notifications; what changed follows as `reconciled`. Once an episode. */
  lost: (source: string) => void
  cover: (sight: MediaSight) => void
}

/** Media as the operating system tells them: a snapshot and all that follows, in one call. */
export interface MediaSource {
  /** Tells the state at once (`present`), then every change, until `signal` aborts; then frees all it holds.
   *  Rejects if it cannot go on. */
  watch: (listener: MediaListener, signal: AbortSignal) => Promise<void>
}

export interface MediaHealth extends Pick<MediaListener, 'lost' | 'cover'> {
  /** The system has been looked at, and all that is there was told: each time, and at once where that was before. */
  looked?: () => void
}

/** The one table of what is plugged in and mounted, fed by `platform/`. */
export interface MediaTable {
  /** Tells at once, synchronously, all that is there (`present`: connected, then its mounts), then every change.
   *  `health` hears how well the table is fed, beginning with how it stands. Returns what ends it. */
  subscribe: (listener: (change: MediaChange, found: MediaFound) => void, health?: MediaHealth) => () => void
}

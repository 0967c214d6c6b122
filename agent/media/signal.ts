/** What `platform/` tells about media, and what the table makes of it. Facts of this machine, no opinion. */
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

/** The one table of what is plugged in and mounted, fed by `platform/`. */
export interface MediaTable {
  /** Tells at once, synchronously, all that is there (`present`: connected, then its mounts), then every change.
   *  Returns what ends it. */
  subscribe: (listener: (change: MediaChange, found: MediaFound) => void) => () => void
}

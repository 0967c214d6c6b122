/** What `platform/` tells about links, addresses and default routes. Facts of this machine, no opinion. */
import type { Address, Interface, Route } from '#shared/event/subject.ts'
import type { Coverage } from '#agent/sensors/sensor.ts'

export interface SeenLink {
  readonly link: Interface
  /** Set up and with a carrier. */
  readonly up: boolean
}
export interface SeenAddress {
  readonly index: number
  readonly address: Address
}
export interface SeenRoute {
  readonly index: number
  readonly route: Route
}
/** All of it at one moment. Neither loopback nor link-local; default routes of the main table only. */
export interface LinkState {
  readonly links: readonly SeenLink[]
  readonly addresses: readonly SeenAddress[]
  readonly routes: readonly SeenRoute[]
}

/** One thing that changed, as the system announced it. */
export type LinkDelta =
  | { readonly type: 'link'; readonly change: 'added' | 'removed'; readonly seen: SeenLink }
  | { readonly type: 'address'; readonly change: 'added' | 'removed'; readonly seen: SeenAddress }
  /** `displaces`: it took the place of every route that differs from it only in its gateway or its maker. */
  | {
      readonly type: 'route'
      readonly change: 'added' | 'removed'
      readonly displaces: boolean
      readonly seen: SeenRoute
    }

export type LinkSignal =
  | LinkDelta
  | {
      readonly type: 'state'
      readonly found: 'present' | 'live' | 'reconciled'
      readonly state: LinkState
      /** Announced while the state was being read: happened before, or after, its part of it was read. */
      readonly meanwhile: readonly LinkDelta[]
    }

export interface LinkListener {
  hear: (signal: LinkSignal) => void
  /** The system said that it lost notifications; what changed follows as `reconciled`. Once an episode. */
  lost: (source: string) => void
  cover: (coverage: Coverage) => void
}

/** Links as the operating system tells them: a snapshot and all that follows, in one call. */
export interface LinkSource {
  /** Tells the state (`present`), then every change, until `signal` aborts; then frees all it holds. Rejects if it
   *  cannot go on. */
  watch: (listener: LinkListener, signal: AbortSignal) => Promise<void>
}

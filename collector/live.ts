/** What changed just now, for whoever watches. Carries names only: a listener reads the store. */
export type LiveChange = { readonly type: 'incident' | 'endpoint'; readonly id: string | number }

export interface Live {
  readonly changed: (change: LiveChange) => void
  /** Returns what ends it. A listener must not block or throw. */
  readonly subscribe: (listener: (change: LiveChange) => void) => () => void
}

export function openLive(): Live {
  const listeners = new Set<(change: LiveChange) => void>()
  return {
    changed(change) {
      for (const listener of listeners) listener(change)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

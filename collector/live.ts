/** What changed just now, for whoever watches. Carries names only: a listener reads the store. */
export type Change = { readonly type: 'incident' | 'endpoint'; readonly id: string | number }

export interface Live {
  readonly changed: (change: Change) => void
  /** Returns what ends it. A listener must not block or throw. */
  readonly subscribe: (listener: (change: Change) => void) => () => void
}

export function openLive(): Live {
  const listeners = new Set<(change: Change) => void>()
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

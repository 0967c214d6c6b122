/** One moment to wake at, which may be set anew. */

export interface Alarm {
  /** Instead of the moment that was set before. */
  readonly set: (ms: number) => void
  readonly stop: () => void
}

/** Calls `wake` once for each moment that was not replaced or stopped in time. `sleep` resolves early, without error, when
 *  its signal aborts. */
export function makeAlarm(sleep: (ms: number, signal: AbortSignal) => Promise<void>, wake: () => void): Alarm {
  let current = new AbortController()
  const stop = (): void => current.abort()
  return {
    set(ms) {
      stop()
      current = new AbortController()
      const { signal } = current
      void sleep(ms, signal).then(() => (signal.aborted ? undefined : wake()))
    },
    stop,
  }
}

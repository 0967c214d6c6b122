/** A clock that stands until it is told to go. */
import type { Clock } from '#shared/vocabulary/clock.ts'

export interface ManualClock extends Clock {
  /** Lets time pass on both clocks, waking sleepers in order. */
  pass: (ms: number) => void
  /** Sets the wall clock alone, as a person may. */
  setWall: (ms: number) => void
}

export function manualClock(wall = 1_767_323_045_678, monotonic = 1_000): ManualClock {
  const sleepers: { until: number; wake: () => void }[] = []
  return {
    wall: () => wall,
    monotonic: () => monotonic,
    offset: () => 480,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve()
        sleepers.push({ until: monotonic + ms, wake: resolve })
        signal?.addEventListener('abort', () => resolve())
      }),
    pass(ms) {
      wall += ms
      monotonic += ms
      sleepers.sort((a, b) => a.until - b.until)
      for (const next of sleepers.filter(({ until }) => until <= monotonic)) {
        sleepers.splice(sleepers.indexOf(next), 1)
        next.wake()
      }
    },
    setWall(ms) {
      wall = ms
    },
  }
}

/** The two clocks: wall for people, monotonic for durations (docs/protocol.md#time). The one place that reads them. */

export interface Clock {
  /** Milliseconds since 1970 by the machine's own clock, which anyone may set. */
  wall: () => number
  /** Whole milliseconds since boot, where the system counts so; never goes back. */
  monotonic: () => number
  /** Minutes east of UTC at that moment. */
  offset: (wall: number) => number
  /** Resolves after `ms` of monotonic time, or at once, without error, when `signal` aborts. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

const twoDigits = (n: number): string => String(n).padStart(2, '0')

/** RFC 3339 with three decimals and offset: `2026-01-02T03:04:05.678+08:00`. */
export function rfc3339(wall: number, offsetMinutes: number): string {
  const local = new Date(wall + offsetMinutes * 60_000).toISOString().slice(0, -1)
  const far = Math.abs(offsetMinutes)
  return `${local}${offsetMinutes < 0 ? '-' : '+'}${twoDigits(Math.floor(far / 60))}:${twoDigits(far % 60)}`
}

/** The moment as this clock's wall says it, for an event's `at`. */
export const timeNow = (clock: Clock): string => {
  const wall = clock.wall()
  return rfc3339(wall, clock.offset(wall))
}

/** For libraries that want a Date. */
export const dateOf = (wall: number): Date => new Date(wall)

/** Milliseconds since 1970; NaN where the text is no time. */
export const parseTime = (text: string): number => Date.parse(text)

export const systemClock: Clock = {
  wall: () => Date.now(),
  monotonic: () => Number(process.hrtime.bigint() / 1_000_000n), // CLOCK_MONOTONIC: counts from boot on Linux
  offset: (wall) => -new Date(wall).getTimezoneOffset(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve()
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done)
    }),
}

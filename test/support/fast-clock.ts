/** A clock on which time passes faster: for what waits by design and speaks to real programs. */
import { systemClock, type Clock } from '#shared/vocabulary/clock.ts'

export const fastClock = (times: number): Clock => ({
  wall: () => systemClock.wall() * times,
  monotonic: () => systemClock.monotonic() * times,
  offset: () => 480,
  sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
})

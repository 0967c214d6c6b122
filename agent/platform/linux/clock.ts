import koffi from 'koffi'
import { systemClock, type Clock } from '#shared/vocabulary/clock.ts'

const CLOCK_BOOTTIME = 7

/** The system's clocks; monotonic is the one that also counts while the machine is suspended (clock_gettime(2)), a third of
 *  a microsecond a reading. Throws where the C library cannot be reached. */
export function linuxClock(): Clock {
  const read = koffi.load('libc.so.6').func('clock_gettime', 'int', ['int', 'int64_t *'])
  const time = new BigInt64Array(2) // seconds and nanoseconds
  const monotonic = (): number => {
    read(CLOCK_BOOTTIME, time)
    return Number((time[0] ?? 0n) * 1000n + (time[1] ?? 0n) / 1_000_000n)
  }
  return { ...systemClock, monotonic }
}

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { machineClock } from '#agent/platform/platform.ts'

test('monotonic time is in whole milliseconds and never goes back', () => {
  const clock = machineClock()
  const readings = Array.from({ length: 10_000 }, clock.monotonic)
  expect(readings.every(Number.isSafeInteger)).toBe(true)
  expect(readings).toEqual(readings.toSorted((a, b) => a - b))
})

test.skipIf(process.platform !== 'linux')('it is the time since boot, with what the machine was suspended', () => {
  const [seconds = ''] = readFileSync('/proc/uptime', 'latin1').split(' ') // of CLOCK_BOOTTIME, to 10 ms (proc(5))
  const since = machineClock().monotonic() - Number(seconds) * 1000
  expect(since).toBeGreaterThanOrEqual(-1)
  expect(since).toBeLessThan(1_000)
})

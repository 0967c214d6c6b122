import fc from 'fast-check'
import { Value } from 'typebox/value'
import { expect, test } from 'vitest'
import { parseTime, rfc3339 } from '#shared/vocabulary/clock.ts'
import { Time } from '#shared/vocabulary/time.ts'

const digits = (count: number, max: number) => fc.integer({ min: 0, max }).map((n) => String(n).padStart(count, '0'))

test('whatever has the form of a time is one, at the ends of its parts too', () => {
  fc.assert(
    fc.property(
      fc.tuple(digits(4, 9999), digits(2, 13), digits(2, 32), digits(2, 25), digits(2, 60), digits(2, 60)),
      fc.tuple(digits(3, 999), fc.constantFrom('+', '-'), digits(2, 25), digits(2, 60)),
      ([year, month, day, hour, minute, second], [ms, sign, far, minutes]) => {
        const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}${sign}${far}:${minutes}`
        expect(Value.Check(Time, text) && Number.isNaN(parseTime(text))).toBe(false)
      },
    ),
    { numRuns: 2000 },
  )
})

test('what is written as a time has its form, and is that moment', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: -1439, max: 1439 }), (wall, offset) => {
      const text = rfc3339(wall, offset)
      expect(Value.Check(Time, text)).toBe(true)
      expect(parseTime(text)).toBe(wall)
    }),
  )
})

test.for([
  '2026-13-01T00:00:00.000+00:00',
  '2026-00-01T00:00:00.000+00:00',
  '2026-01-32T00:00:00.000+00:00',
  '2026-01-01T24:00:00.001+00:00',
  '2026-01-01T25:00:00.000+00:00',
  '2026-01-01T00:60:00.000+00:00',
  '2026-01-01T00:00:60.000+00:00',
  '2026-01-01T00:00:00.000+24:00',
  '2026-01-01T00:00:00.000Z',
])('%s is none', (text) => expect(Value.Check(Time, text)).toBe(false))

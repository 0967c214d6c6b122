import { expect, test } from 'vitest'
import { periodOf } from '#collector/console/period.ts'

const midnight = (year: number, month: number, date: number): string =>
  String(new Date(year, month - 1, date).getTime())

test.for([
  ['both days are in', { from: '2026-11-24', to: '2026-11-24' }, midnight(2026, 11, 24), midnight(2026, 11, 25)],
  ['a month ends', { to: '2026-02-28' }, undefined, midnight(2026, 3, 1)],
  ['a year ends', { to: '2026-12-31' }, undefined, midnight(2027, 1, 1)],
  ['nothing is said', {}, undefined, undefined],
  ['what is no day', { from: 'yesterday', to: '2026-1-1' }, undefined, undefined],
] as const)('a period in the zone of the reader: %s', ([, days, from, to]) => {
  expect(periodOf(days)).toEqual({ from, to })
})

import { expect, test } from 'vitest'
import { backOffMs } from '#collector/alerts/attempt.ts'

test('back-off grows from a second to five minutes, spread over all of its span', () => {
  expect([1, 2, 5, 50].map((attempts) => backOffMs(attempts, 0))).toEqual([1000, 1000, 1000, 1000])
  expect([1, 2, 5, 50].map((attempts) => backOffMs(attempts, 1))).toEqual([2000, 4000, 32_000, 300_000])
})

import { expect, test } from 'vitest'
import { attempts } from '#collector/access/attempts.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'

const MINUTE = 60_000
function counted() {
  let now = 0
  const tried = attempts({ ...systemClock, monotonic: () => now })
  return { ...tried, after: (ms: number) => void (now += ms) }
}
const times = (n: number, act: () => void): void => {
  for (let i = 0; i < n; i++) act()
}

test('ten failures of an account make it wait out the quarter of an hour that began with the first', () => {
  const tried = counted()
  tried.failed('admin', 'a')
  tried.after(5 * MINUTE)
  times(8, () => tried.failed('admin', 'b'))
  expect(tried.waitMs('admin', 'c')).toBe(0)
  tried.failed('admin', 'b')
  expect(tried.waitMs('admin', 'c')).toBe(10 * MINUTE)
  expect(tried.waitMs('other', 'c')).toBe(0)
  tried.after(10 * MINUTE)
  expect(tried.waitMs('admin', 'c')).toBe(0)
})

test('thirty failures from one address, of whatever accounts, make it wait', () => {
  const tried = counted()
  times(30, () => tried.failed(`account ${Math.random()}`, 'a'))
  expect(tried.waitMs('new', 'a')).toBe(15 * MINUTE)
  expect(tried.waitMs('new', 'b')).toBe(0)
})

test('a right password clears the account, and costs the address nothing', () => {
  const tried = counted()
  times(9, () => tried.failed('admin', 'a'))
  tried.failed('admin', 'a')
  tried.succeeded('admin', 'a')
  expect(tried.waitMs('admin', 'a')).toBe(0)
  times(20, () => tried.failed('x', 'a'))
  expect(tried.waitMs('y', 'a')).toBe(0)
  tried.failed('x', 'a')
  expect(tried.waitMs('y', 'a')).toBeGreaterThan(0)
})

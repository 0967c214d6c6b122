import { expect, test } from 'vitest'
import { attempts, type Tried } from '#collector/access/attempts.ts'

const MINUTE = 60_000
function counted() {
  let now = 0
  const tried = attempts({ monotonic: () => now })
  return { ...tried, after: (ms: number) => void (now += ms) }
}
const of = (over: Partial<Tried> = {}): Tried => ({ account: 'admin', password: 'first', address: 'a', ...over })
const times = (n: number, act: () => void): void => {
  for (let i = 0; i < n; i++) act()
}

test('three failures are free, then each makes the next try wait twice as long, up to half a minute', () => {
  const { failed, waitMs, after } = counted()
  const waits = Array.from({ length: 10 }, () => {
    failed(of())
    const wait = waitMs(of())
    after(wait)
    return wait / 1000
  })
  expect(waits).toEqual([0, 0, 0, 1, 2, 4, 8, 16, 30, 30])
  expect(waitMs(of())).toBe(0)
})

test('a thousand failures lock out nobody: not from another address, not another account, not a new password', () => {
  const { failed, waitMs } = counted()
  times(1000, () => failed(of()))
  expect(waitMs(of())).toBe(30_000)
  expect(waitMs(of({ address: 'b' }))).toBe(0)
  expect(waitMs(of({ account: 'other' }))).toBe(0)
  expect(waitMs(of({ password: 'after a reset' }))).toBe(0)
})

test('the right password, or a quarter of an hour, begins the count anew', () => {
  const { failed, waitMs, succeeded, after } = counted()
  times(10, () => failed(of()))
  succeeded(of())
  expect(waitMs(of())).toBe(0)
  times(10, () => failed(of()))
  after(15 * MINUTE)
  failed(of())
  expect(waitMs(of())).toBe(0)
})

test('what is forgotten first is what failed longest ago', () => {
  const { failed, waitMs } = counted()
  times(10, () => failed(of()))
  for (let n = 0; n < 9_999; n++) failed(of({ address: `address ${n}` }))
  expect(waitMs(of())).toBe(30_000)
  failed(of({ address: 'one more' }))
  expect(waitMs(of())).toBe(0)
})

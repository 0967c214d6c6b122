/** Bells, alarms and back-off: what waits. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { aborted } from '#base/abort.ts'
import { makeAlarm } from '#base/alarm.ts'
import { backOff } from '#base/back-off.ts'
import { makeBell } from '#base/bell.ts'

/** Whether it has resolved by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false
  void promise.then(() => (done = true))
  await new Promise((resolve) => void setImmediate(resolve))
  return done
}

test('a bell that rings three times while nobody waits wakes once', async () => {
  const bell = makeBell(new AbortController().signal)
  for (let at = 0; at < 3; at += 1) bell.ring()
  expect(await isDone(bell.rung())).toBe(true)
  expect(await isDone(bell.rung())).toBe(false)
})

test('a bell that rings while its one waiter works wakes it again', async () => {
  const bell = makeBell(new AbortController().signal)
  const [waited, rang]: [Promise<void>, void] = [bell.rung(), bell.ring()]
  expect(rang).toBeUndefined()
  await waited
  bell.ring()
  expect(await isDone(bell.rung())).toBe(true)
})

test('whoever waits with a rest is woken by its end, or breaks it off by ringing', async () => {
  const bell = makeBell(new AbortController().signal)
  await bell.rung(() => Promise.resolve())
  let rest: AbortSignal | undefined
  const waiting = bell.rung((signal) => ((rest = signal), aborted(signal)))
  expect([await isDone(waiting), rest?.aborted]).toEqual([false, false])
  bell.ring()
  expect([await isDone(waiting), rest?.aborted]).toEqual([true, true])
  expect(await isDone(bell.rung())).toBe(false)
})

test.for(['before', 'after'])('a signal that aborts %s the bell is made rings for ever', async (when) => {
  const stop = new AbortController()
  if (when === 'before') stop.abort()
  const bell = makeBell(stop.signal)
  const waiting = bell.rung()
  stop.abort()
  expect(await isDone(waiting)).toBe(true)
  expect([await isDone(bell.rung()), await isDone(bell.rung())]).toEqual([true, true])
})

test('an alarm goes off for the last moment that it was set to, and not once it is stopped', async () => {
  let woken = 0
  const ends: (() => void)[] = []
  const sleep = (_: number, signal: AbortSignal): Promise<void> =>
    Promise.race([aborted(signal), new Promise<void>((resolve) => void ends.push(resolve))])
  const alarm = makeAlarm(sleep, () => (woken += 1))
  const pass = async (at: number): Promise<void> => {
    ends[at]?.()
    await new Promise((resolve) => void setImmediate(resolve))
  }
  alarm.set(10)
  alarm.set(20)
  await pass(0)
  expect(woken).toBe(0)
  await pass(1)
  expect(woken).toBe(1)
  alarm.set(30)
  alarm.stop()
  await pass(2)
  expect(woken).toBe(1)
  alarm.set(40)
  await pass(3)
  expect(woken).toBe(2)
})

test('back-off stays between its bounds, spread over all of a span that doubles', () => {
  const wait = backOff(500, 60_000)
  expect([0, 1, 2, 6, 7, 1_000].map((failures) => wait(failures, 1))).toEqual([500, 1000, 2000, 32_000, 60_000, 60_000])
  fc.assert(
    fc.property(fc.nat({ max: 5_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, chance) => {
      const ms = wait(failures, chance)
      expect(Number.isInteger(ms) && ms >= 500 && ms <= 60_000).toBe(true)
      expect(wait(failures, 0)).toBe(500)
    }),
  )
})

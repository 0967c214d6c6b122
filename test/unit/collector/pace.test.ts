import { describe, expect, test } from 'vitest'
import { openPace } from '#collector/pace.ts'
import { manualClock } from '../../support/manual-clock.ts'

function rig(known = 0) {
  const clock = manualClock()
  const pace = openPace((key) => (key === 'office' ? known : 0), clock)
  const taken = new Map<string, number>()
  return {
    come: (key: string, count: number): void => {
      for (let nth = 0; nth < count; nth++) pace.take(key, () => taken.set(key, (taken.get(key) ?? 0) + 1))
    },
    pass: (seconds: number): void => {
      for (let second = 0; second < seconds; second++) {
        clock.pass(1_000)
        pace.look()
      }
    },
    taken: (key: string): number => taken.get(key) ?? 0,
  }
}

describe('connections of one address', () => {
  test('are taken on at once as far as a room needs it; more wait, and others do not wait with them', () => {
    const { come, pass, taken } = rig()
    come('loud', 1_300)
    expect(taken('loud')).toBeLessThanOrEqual(1_001)
    come('quiet', 5)
    expect(taken('quiet')).toBe(5)
    const before = taken('loud')
    pass(5)
    expect(taken('loud') - before).toBeGreaterThanOrEqual(95)
    expect(taken('loud') - before).toBeLessThanOrEqual(105)
    pass(60)
    expect(taken('loud')).toBe(1_300)
  })

  test('have more where many agents are known', () => {
    const { come, pass, taken } = rig(10_000)
    come('office', 25_000)
    expect(taken('office')).toBeGreaterThanOrEqual(20_000)
    pass(11)
    expect(taken('office')).toBe(25_000)
  })

  test('are forgotten where too many addresses come, but not while they wait', () => {
    const { come, pass, taken } = rig()
    come('loud', 1_300)
    for (let n = 0; n < 20_001; n++) come(`other ${n}`, 1)
    pass(30)
    expect(taken('loud')).toBe(1_300)
  })

  test('may be as many again after a rest', () => {
    const { come, pass, taken } = rig()
    come('room', 1_000)
    pass(120)
    come('room', 1_000)
    expect(taken('room')).toBe(2_000)
  })
})

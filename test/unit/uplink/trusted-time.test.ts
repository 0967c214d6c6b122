import { expect, test } from 'vitest'
import { openTrustedTime, type TimeMemory } from '#agent/uplink/trusted-time.ts'
import { manualClock } from '../../support/manual-clock.ts'

const boot = '44444444-4444-4444-8444-444444444444'
const otherBoot = '55555555-5555-4555-8555-555555555555'
function memory(): TimeMemory {
  const values = new Map<string, string>()
  return { keep: async (name, value) => void values.set(name, value), kept: (name) => values.get(name) }
}
const at2026 = 1_767_323_045_000

test('is the last receipt’s time and what has passed since, whatever happens to the wall clock', () => {
  const clock = manualClock(at2026 + 60_000)
  const trusted = openTrustedTime(boot, { memory: memory(), clock })
  expect(trusted.at(clock.monotonic())).toEqual({ ms: at2026 + 60_000, basis: 'wall' })
  trusted.heard(at2026 / 1000)
  clock.pass(5_000)
  clock.setWall(0)
  expect(trusted.at(clock.monotonic())).toEqual({ ms: at2026 + 5_000, basis: 'receipt' })
})

test('never goes back: of receipts that are late by their way and cut to seconds, the earliest to come counts', () => {
  const clock = manualClock()
  const trusted = openTrustedTime(boot, { memory: memory(), clock })
  trusted.heard(1_000)
  clock.pass(900)
  trusted.heard(1_000)
  expect(trusted.at(clock.monotonic()).ms).toBe(1_000_900)
  clock.pass(100)
  trusted.heard(900)
  expect(trusted.at(clock.monotonic()).ms).toBe(1_001_000)
  trusted.heard(1_002)
  expect(trusted.at(clock.monotonic()).ms).toBe(1_002_000)
})

test('outlives a restart of the agent, and of the machine as what it was last known to be', async () => {
  const kept = memory()
  const clock = manualClock(0)
  const before = openTrustedTime(boot, { memory: kept, clock })
  before.heard(at2026 / 1000)
  clock.pass(10_000)
  await before.remember()

  const sameBoot = openTrustedTime(boot, { memory: kept, clock })
  expect(sameBoot.at(clock.monotonic())).toEqual({ ms: at2026 + 10_000, basis: 'receipt' })
  const nextBoot = openTrustedTime(otherBoot, { memory: kept, clock: manualClock(0, 5) })
  expect(nextBoot.at(5)).toEqual({ ms: at2026 + 10_000, basis: 'wall' })
  const later = openTrustedTime(otherBoot, { memory: kept, clock: manualClock(at2026 + 99_000, 5) })
  expect(later.at(5)).toEqual({ ms: at2026 + 99_000, basis: 'wall' })
})

test('what no receipt vouched for is not remembered', async () => {
  const kept = memory()
  const clock = manualClock(at2026 * 2)
  await openTrustedTime(boot, { memory: kept, clock }).remember()
  const next = manualClock(0)
  expect(openTrustedTime(otherBoot, { memory: kept, clock: next }).at(next.monotonic()).ms).toBe(0)
})

test('before the first receipt nobody moves it by the wall clock, not even across a restart of the agent', async () => {
  const kept = memory()
  const clock = manualClock(at2026)
  const first = openTrustedTime(boot, { memory: kept, clock })
  clock.setWall(0)
  clock.pass(1_000)
  expect(first.at(clock.monotonic())).toEqual({ ms: at2026 + 1_000, basis: 'wall' })
  await first.remember()
  const again = openTrustedTime(boot, { memory: kept, clock })
  expect(again.at(clock.monotonic())).toEqual({ ms: at2026 + 1_000, basis: 'wall' })
})

test('says when a receipt moved it', () => {
  const clock = manualClock()
  const trusted = openTrustedTime(boot, { memory: memory(), clock })
  let moved = 0
  trusted.onMoved(() => moved++)
  trusted.heard(1_000)
  trusted.heard(1_000)
  trusted.heard(2_000)
  expect(moved).toBe(2)
})

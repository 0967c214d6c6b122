import { expect, test } from 'vitest'
import { plugOf } from '#agent/media/plug.ts'
import type { MediaFound, MediaListener, MediaSource, SeenMedium } from '#agent/media/signal.ts'
import { watchMedia } from '#agent/media/watch.ts'
import { mediaSensor } from '#agent/sensors/media/media.ts'
import { openStays } from '#agent/sensors/media/stays.ts'
import type { Fact } from '#agent/sensors/sensor.ts'
import { lineOf } from '../../../support/event-of.ts'
import { manualClock } from '../../../support/manual-clock.ts'

const stick = (name: string): SeenMedium => ({
  plug: plugOf(name),
  medium: { key: `usb:46f4:0001:${name}`, usbSerial: name },
  bus: 'usb',
  since: 0,
  mounts: [],
})

/** One run of an agent that shares its memory with those before it; what is there, look by look. */
async function run(
  memory: Map<string, string>,
  boot: string,
  looks: readonly SeenMedium[][],
  {
    mono = 1_000,
    found: later = 'live',
    facts = [],
    isKilled = false,
  }: { mono?: number; found?: MediaFound; facts?: Fact[]; isKilled?: boolean } = {},
): Promise<string[]> {
  const clock = manualClock(0, mono)
  let isDead = false
  let listening: MediaListener | undefined
  const source: MediaSource = {
    watch: (listener, signal) => {
      listening = listener
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    },
  }
  await using table = watchMedia({ declared: [], host: 'pc', boot }, { source, clock })
  const stays = openStays(boot, {
    memory: { keep: (name, value) => void (isDead || memory.set(name, value)), kept: (name) => memory.get(name) },
    clock,
  })
  const stop = new AbortController()
  const context = {
    observe: (fact: Fact) => facts.push(fact) > 0,
    drained: () => Promise.resolve(),
    momentAt: (at: number) => ({ mono: at, boot: '00000000-0000-4000-8000-000000000000' }),
    cover: () => undefined,
    onJudgeAnew: () => undefined,
    clock,
  }
  const running = mediaSensor(table, stays).run(context, stop.signal)
  for (const [index, media] of looks.entries()) {
    clock.pass(index === 0 ? 0 : 100)
    listening?.hear({ type: 'state', found: index === 0 ? 'present' : later, media })
  }
  isDead = isKilled
  stop.abort()
  await running
  return facts.map(({ kind, found, subject }) => `${kind} ${found} ${subject.medium?.usbSerial}`)
}

test('a stick that was pulled while no agent ran is told as removed by the next one, once', async () => {
  const memory = new Map<string, string>()
  await run(memory, 'boot', [
    [stick('A'), stick('B')],
    [stick('A'), stick('B'), stick('C')],
    [stick('A'), stick('B')],
  ])
  expect(await run(memory, 'boot', [[stick('B')]])).toEqual([
    'medium.connected present B',
    'medium.removed recovered A',
  ])
  expect(await run(memory, 'boot', [[stick('B')]])).toEqual(['medium.connected present B'])
})

test('one that came just before a kill is remembered, though there were many looks just before', async () => {
  const memory = new Map<string, string>()
  await run(memory, 'boot', [...Array.from({ length: 40 }, () => []), [stick('A')]], { isKilled: true })
  expect(await run(memory, 'boot', [[]])).toEqual(['medium.removed recovered A'])
})

test('nothing is told as removed before anybody has looked, and nothing is forgotten', async () => {
  const memory = new Map<string, string>()
  await run(memory, 'boot', [[stick('A')]])
  expect(await run(memory, 'boot', [])).toEqual([])
  expect(await run(memory, 'boot', [[]])).toEqual(['medium.removed recovered A'])
})

test('what was there in another boot has ended with it', async () => {
  const memory = new Map<string, string>()
  await run(memory, 'boot', [[stick('A')]])
  expect(await run(memory, 'next boot', [[]])).toEqual([])
})

const on = (medium: SeenMedium, ...mountPoints: string[]): SeenMedium => ({
  ...medium,
  mounts: mountPoints.map((mountPoint) => ({
    id: mountPoint,
    volume: { device: '/dev/sda1', fs: 'vfat', readOnly: false, mountPoint },
  })),
})
const spansOf = (facts: readonly Fact[]): unknown[] =>
  facts.flatMap(({ kind, found, subject, detail }) =>
    'between' in detail && detail.between
      ? [[kind, found, subject.volume?.mountPoint, detail.between.after.mono, detail.between.before.mono]]
      : [],
  )

test('an end that nobody heard says between which looks it was: one that the next run finds', async () => {
  const memory = new Map<string, string>()
  const facts: Fact[] = []
  await run(memory, 'boot', [
    [on(stick('A'), '/a'), on(stick('B'), '/b', '/c')],
    [on(stick('A'), '/a'), on(stick('B'), '/b', '/c')],
  ])
  await run(memory, 'boot', [[on(stick('B'), '/c')]], { mono: 9_000, facts })
  expect(spansOf(facts)).toEqual([
    ['medium.unmounted', 'recovered', '/a', 1_100, 9_000],
    ['medium.removed', 'recovered', undefined, 1_100, 9_000],
    ['medium.unmounted', 'recovered', '/b', 1_100, 9_000],
  ])
  expect(facts.every((fact) => lineOf(fact) !== undefined)).toBe(true)
})

test('and one that a look finds; one that was heard says nothing of the kind', async () => {
  const looks = [[on(stick('A'), '/a')], [on(stick('A'), '/a'), stick('B')], [stick('B')], []]
  const facts: Fact[] = []
  await run(new Map(), 'boot', looks, { found: 'reconciled', facts })
  expect(spansOf(facts)).toEqual([
    ['medium.unmounted', 'reconciled', '/a', 1_100, 1_200],
    ['medium.removed', 'reconciled', undefined, 1_100, 1_200],
    ['medium.removed', 'reconciled', undefined, 1_200, 1_300],
  ])
  const heard: Fact[] = []
  await run(new Map(), 'boot', looks, { found: 'live', facts: heard })
  expect([spansOf(heard), heard.length]).toEqual([[], facts.length])
})

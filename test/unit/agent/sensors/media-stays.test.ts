import { expect, test } from 'vitest'
import { plugOf } from '#agent/media/plug.ts'
import type { MediaListener, MediaSource, SeenMedium } from '#agent/media/signal.ts'
import { watchMedia } from '#agent/media/watch.ts'
import { mediaSensor } from '#agent/sensors/media/media.ts'
import { openStays } from '#agent/sensors/media/stays.ts'
import type { Fact } from '#agent/sensors/sensor.ts'
import { manualClock } from '../../../support/manual-clock.ts'

const stick = (name: string): SeenMedium => ({
  plug: plugOf(name),
  medium: { key: `usb:46f4:0001:${name}`, usbSerial: name },
  bus: 'usb',
  since: 0,
  mounts: [],
})

/** One run of an agent that shares its memory with those before it; what is there, look by look. */
async function run(memory: Map<string, string>, boot: string, looks: readonly SeenMedium[][]): Promise<string[]> {
  const clock = manualClock()
  let listening: MediaListener | undefined
  const source: MediaSource = {
    watch: (listener, signal) => {
      listening = listener
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    },
  }
  await using table = watchMedia({ declared: [], host: 'pc', boot }, { source, clock })
  const stays = openStays(boot, {
    keep: (name, value) => void memory.set(name, value),
    kept: (name) => memory.get(name),
  })
  const facts: Fact[] = []
  const stop = new AbortController()
  const context = {
    observe: (fact: Fact) => facts.push(fact) > 0,
    drained: () => Promise.resolve(),
    cover: () => undefined,
    onJudgeAnew: () => undefined,
    clock,
  }
  const running = mediaSensor(table, stays).run(context, stop.signal)
  for (const [index, media] of looks.entries())
    listening?.hear({ type: 'state', found: index === 0 ? 'present' : 'live', media })
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

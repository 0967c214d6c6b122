import { expect, test } from 'vitest'
import type { Coverage, Fact, Sensor, SensorContext } from '#agent/sensors/sensor.ts'
import { supervise } from '#agent/sensors/supervise.ts'
import { manualClock } from '../../../support/manual-clock.ts'
import { eventually } from '../../../support/eventually.ts'

const gap: Fact = {
  kind: 'agent.gap',
  found: 'live',
  subject: {},
  detail: { reason: 'notifications-lost', source: 'x' },
}

function start(run: Sensor['run']) {
  const clock = manualClock()
  const covered: Coverage[] = []
  const facts: Fact[] = []
  const judgeAnew: (() => void)[] = []
  const context: SensorContext = {
    observe: (fact) => facts.push(fact) > 0,
    drained: () => Promise.resolve(),
    momentAt: (mono: number) => ({ mono, boot: '00000000-0000-4000-8000-000000000000' }),
    cover: (coverage) => void covered.push(coverage),
    onJudgeAnew: (tell) => void judgeAnew.push(tell),
    clock,
  }
  const stop = new AbortController()
  const lives: SensorContext[] = []
  const sensor: Sensor = { name: 'media', run: (life, signal) => (lives.push(life), run(life, signal)) }
  const running = supervise(sensor, context, stop.signal, () => 1)
  const livesAre = (count: number) => eventually(() => expect(lives.length).toBe(count))
  return { clock, covered, facts, judgeAnew, stop, lives, running, livesAre }
}

test('a crash is on record, and the sensor lives again after a growing wait', async () => {
  const { clock, covered, stop, running, livesAre } = start(() => Promise.reject(new TypeError('broken')))
  await eventually(() =>
    expect(covered).toEqual([{ state: 'unavailable', code: 'sensor.failed', text: 'TypeError: broken' }]),
  )
  clock.pass(999)
  await livesAre(1)
  clock.pass(1)
  await livesAre(2)
  await eventually(() => expect(covered).toHaveLength(2))
  clock.pass(1_999)
  await livesAre(2)
  clock.pass(1)
  await livesAre(3)
  stop.abort()
  await running
})

test('a sensor that ends unasked has failed too; a throw before the first await as well', async () => {
  for (const run of [
    () => Promise.resolve(),
    () => {
      throw new Error('at once')
    },
  ]) {
    const { covered, stop, running } = start(run)
    await eventually(() => expect(covered).toHaveLength(1))
    stop.abort()
    await running
  }
})

test('after a long life the failures before it are forgotten', async () => {
  const ends: (() => void)[] = []
  const { clock, covered, stop, running, livesAre } = start(() => new Promise((resolve) => ends.push(resolve)))
  for (let failures = 0; failures < 5; failures++) {
    await livesAre(failures + 1)
    ends[failures]?.()
    await eventually(() => expect(covered).toHaveLength(failures + 1))
    clock.pass(60_000)
  }
  await livesAre(6)
  clock.pass(60_001)
  ends[5]?.()
  await eventually(() => expect(covered).toHaveLength(6))
  clock.pass(1_000)
  await livesAre(7)
  stop.abort()
  ends[6]?.()
  await running
})

test('who speaks after their life is not heard', async () => {
  const { clock, facts, covered, judgeAnew, lives, stop, running, livesAre } = start(
    async ({ onJudgeAnew, observe }) => {
      onJudgeAnew(() => observe(gap))
      throw new Error('x')
    },
  )
  await eventually(() => expect(covered).toHaveLength(1))
  expect(lives[0]?.observe(gap)).toBe(false)
  lives[0]?.cover({ state: 'watching' })
  for (const tell of judgeAnew) tell()
  expect([facts.length, covered.length]).toEqual([0, 1])
  clock.pass(1_000)
  await livesAre(2)
  stop.abort()
  await running
})

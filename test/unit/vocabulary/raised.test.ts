import { expect, test } from 'vitest'
import type { ConditionKinds } from '#shared/vocabulary/conditions/condition.ts'
import { openRaised } from '#shared/vocabulary/conditions/raised.ts'
import { manualClock } from '../../support/manual-clock.ts'

interface Args {
  cause: { why: string }
  effect: { worse: boolean }
}
const words = { zh: '词', en: 'words' }
const kinds: ConditionKinds<Args> = {
  cause: {
    severity: 'high',
    title: words,
    text: ({ why }) => ({ zh: `因为${why}`, en: why }),
    todo: words,
    visibleAfterMs: 10_000,
  },
  effect: {
    severity: ({ worse }) => (worse ? 'critical' : 'low'),
    title: words,
    text: () => words,
    todo: words,
    dependsOn: 'cause',
  },
}

const opened = () => {
  const clock = manualClock()
  const raised = openRaised<Args>(kinds, clock)
  return { clock, raised, codes: () => raised.shown().map(({ code }) => code) }
}

test('one that has not lasted long enough is not shown, and hides nothing', () => {
  const { clock, raised, codes } = opened()
  raised.raise('cause', { why: 'a' })
  raised.raise('effect', { worse: false })
  expect(codes()).toEqual(['effect'])
  clock.pass(10_000)
  expect(codes()).toEqual(['cause'])
  expect(raised.clear('cause')).toBe(true)
  expect(codes()).toEqual(['effect'])
  expect(raised.clear('cause')).toBe(false)
})

test('raised anew it keeps its beginning, and says whether its text is another one', () => {
  const { clock, raised, codes } = opened()
  const first = raised.raise('cause', { why: 'a' })
  clock.pass(6_000)
  expect(raised.raise('cause', { why: 'a' })).toEqual({ ...first, isNew: false })
  expect(raised.raise('cause', { why: 'b' })).toMatchObject({
    isNew: true,
    condition: { since: first.condition.since },
  })
  clock.pass(4_000)
  expect(codes()).toEqual(['cause'])
})

test('severity is said by the arguments; a text that is too long is cut', () => {
  const { clock, raised } = opened()
  raised.raise('effect', { worse: true })
  expect(raised.shown()).toMatchObject([{ severity: 'critical', todo: 'words' }])
  raised.raise('cause', { why: 'x'.repeat(5_000) })
  clock.pass(10_000)
  const [{ text, zh } = { text: '', zh: { text: '', todo: '' } }] = raised.shown()
  expect(text).toHaveLength(1_024)
  expect(zh.text).toHaveLength(1_024)
  expect(zh).toMatchObject({ todo: '词' })
})

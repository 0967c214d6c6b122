import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  begun,
  delivered,
  failed,
  LONGEST_PAUSE_MS,
  pauseMs,
  refused,
  sentAgain,
  withNews,
  type AlertStanding,
} from '#collector/alerts/standing.ts'

const NOW = 1_767_323_045_678
const CRITICAL = 0
const HIGH = 1

const must = (row: AlertStanding | undefined): AlertStanding => {
  if (row === undefined) throw new Error('There is no row.')
  return row
}
const told = (row: AlertStanding | undefined, news: string[], { severity = HIGH, now = NOW } = {}): AlertStanding =>
  must(withNews(row, news, { severity, now }))
const sent = (row: AlertStanding, now = NOW): AlertStanding => delivered(begun(row, now + 1), now)
const opened = told(undefined, ['opened'])

test('what is new is due at once', () => {
  expect(opened).toMatchObject({ state: 'waiting', news: ['opened'], nextAt: 0, dueAt: NOW, sent: 0 })
})

test('news coalesce in their order, each once', () => {
  const row = told(told(told(opened, ['contact']), ['ended', 'contact']), ['contact'])
  expect(row).toMatchObject({ news: ['opened', 'contact', 'ended'], createdAt: NOW, nextAt: 0 })
})

test.for([
  [1, 15_000],
  [2, 30_000],
  [3, 60_000],
  [6, 480_000],
  [7, 600_000],
  [700, 600_000],
] as const)('after %i mails about an incident the next one waits %i ms', ([count, pause]) =>
  expect(pauseMs(count)).toBe(pause),
)

test('after a mail the next one waits out its pause, and not longer', () => {
  const row = sent(opened)
  expect(row).toMatchObject({ state: 'delivered', news: [], sent: 1, sentSeverity: HIGH, deliveredAt: NOW })
  expect(told(row, ['contact'], { now: NOW + 1000 })).toMatchObject({
    state: 'waiting',
    news: ['contact'],
    createdAt: NOW + 1000,
    dueAt: NOW + 15_000,
    nextAt: NOW + 15_000,
  })
  expect(told(row, ['contact'], { now: NOW + 15_000 })).toMatchObject({ nextAt: 0, dueAt: NOW + 15_000 })
})

test('what gets worse than the last mail said waits for nothing, in a pause or not', () => {
  const row = sent(opened)
  const worse = { severity: CRITICAL, now: NOW + 1000 }
  expect(told(row, ['raised-critical'], worse)).toMatchObject({ nextAt: 0, dueAt: NOW + 1000 })
  const paused = told(row, ['contact'], { now: NOW + 500 })
  expect(told(paused, ['raised-critical'], worse)).toMatchObject({ news: ['contact', 'raised-critical'], nextAt: 0 })
})

test('a clock that was set back prolongs no pause', () => {
  const now = NOW - 86_400_000
  expect(told(sent(opened), ['contact'], { now }).nextAt).toBeLessThanOrEqual(now + LONGEST_PAUSE_MS)
})

test('what comes while a mail is under way waits for the next one, be it the same again', () => {
  const row = told(begun(opened, NOW + 5), ['contact', 'opened'], { now: NOW + 1 })
  expect(delivered(row, NOW + 2)).toMatchObject({
    state: 'waiting',
    news: ['contact', 'opened'],
    sent: 1,
    nextAt: NOW + 15_002,
  })
  const worse = told(begun(opened, NOW + 5), ['raised-critical'], { severity: CRITICAL })
  expect(delivered(worse, NOW + 2)).toMatchObject({ state: 'waiting', news: ['raised-critical'], nextAt: 0 })
})

test('a mail whose end nobody saw tells the same when it goes again; one that failed tells all', () => {
  const row = told(begun(opened, NOW + 5), ['ended'])
  const unseen = begun(failed(row, { nextAt: NOW + 9, unseen: true }), NOW + 20)
  expect(unseen).toMatchObject({ telling: ['opened'], news: ['opened', 'ended'], attempts: 2 })
  const seen = begun(failed(row, { nextAt: NOW + 9, unseen: false }), NOW + 20)
  expect(seen).toMatchObject({ telling: ['opened', 'ended'], attempts: 2 })
})

test('what was refused is tried again when there is news, ever more seldom, or when somebody asks', () => {
  const row = refused(begun(begun(opened, NOW), NOW))
  expect(row).toMatchObject({ state: 'refused', news: ['opened'] })
  expect(told(row, ['contact'])).toMatchObject({ state: 'waiting', news: ['opened', 'contact'], nextAt: NOW + 30_000 })
  expect(told(row, ['raised-critical'], { severity: CRITICAL })).toMatchObject({ nextAt: 0 })
  expect(sentAgain(row, NOW + 7)).toMatchObject({ state: 'waiting', news: ['opened'], dueAt: NOW + 7, attempts: 0 })
})

test.for([
  ['whoever heard nothing of it hears nothing', opened, 'dismissed', []],
  ['whoever had a mail hears of it, and of nothing else', told(sent(opened), ['contact']), 'waiting', ['withdrawn']],
  [
    'whoever may have had one, too',
    failed(begun(opened, NOW), { nextAt: NOW, unseen: true }),
    'waiting',
    ['opened', 'withdrawn'],
  ],
] as [string, AlertStanding, string, string[]][])('withdrawn: %s', ([, row, state, news]) =>
  expect(told(row, ['withdrawn'])).toMatchObject({ state, news }),
)

test('withdrawn: nobody hears of it for whom there is no row', () =>
  expect(withNews(undefined, ['withdrawn'], { severity: HIGH, now: NOW })).toBeUndefined())

const reasons = ['opened', 'reopened', 'raised-high', 'raised-critical', 'contact', 'files-left', 'ended']
const step = fc.record({
  what: fc.constantFrom('news', 'news', 'news', 'begin', 'delivered', 'retry', 'unseen', 'refused'),
  reason: fc.constantFrom(...reasons),
  severity: fc.nat(3),
  ms: fc.nat(100_000),
})

test('whatever happens, nothing that was news is lost, and a row stays short', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let [row, now] = [opened, NOW]
      const untold = new Set(['opened'])
      let underWay: string[] | undefined
      for (const { what, reason, severity, ms } of steps) {
        now += ms
        if (what === 'news') {
          row = told(row, [reason], { severity, now })
          untold.add(reason)
          if (underWay?.includes(reason) === true) underWay = underWay.filter((each) => each !== reason)
        } else if (what === 'begin') {
          if (row.state !== 'waiting') continue
          row = begun(row, now + 1000)
          underWay = [...(row.telling ?? [])]
        } else if (underWay !== undefined) {
          if (what === 'delivered') {
            row = delivered(row, now)
            for (const each of underWay) untold.delete(each)
          } else if (what === 'refused') row = refused(row)
          else row = failed(row, { nextAt: now + 1000, unseen: what === 'unseen' })
          underWay = undefined
        }
        expect(row.news).toEqual(expect.arrayContaining([...untold]))
        expect(row.news.length).toBeLessThanOrEqual(2 * reasons.length)
        expect(row.state === 'delivered' ? untold.size : 0).toBe(0)
      }
    }),
    { numRuns: 300 },
  )
})

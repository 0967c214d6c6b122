import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { IncidentView } from '#collector/console/shapes.ts'
import { MAX_WAITING, type Shown, take } from '#collector/console/shown.ts'

const incident = (n: number, over: Partial<IncidentView> = {}): IncidentView => ({
  id: n.toString(16).padStart(32, '0'),
  kind: 'stay',
  revision: 10 + n,
  number: n,
  stage: 'open',
  version: 0,
  unverified: false,
  arrivedAt: n * 1000,
  severity: 'high',
  openedAt: n * 1000,
  firstAt: 0,
  lastAt: 0,
  receivedLate: false,
  events: 1,
  violations: 1,
  endpoint: { id: 1, agent: '', name: '', host: '', department: '综合科', level: 'internal', networkKind: 'intranet' },
  rules: [],
  ...over,
})
const shown = (items: IncidentView[], next?: string): Shown => ({
  items,
  total: items.length,
  revision: 10,
  feed: 'a.10',
  waiting: [],
  ...(next && { next }),
})
const first = { filters: {}, before: undefined }
const list = shown(
  [7, 5, 3].map((n) => incident(n, { revision: 10 })),
  'next',
)
const numbers = ({ items }: Shown): number[] => items.map(({ number }) => number)

test.for([
  ['a newer one', incident(9), {}, 1],
  ['one between', incident(6), {}, 1],
  ['one behind what is shown', incident(2), {}, 0],
  ['one of another department than is asked for', incident(9), { department: '机要室' }, 0],
  ['one of another stage than is asked for', incident(9, { stage: 'closed' }), { stage: 'open' }, 0],
  ['an acknowledged one among those that wait', incident(9, { stage: 'acknowledged' }), { stage: 'waiting' }, 1],
  ['one that arrived late, in the order of time', incident(9, { openedAt: 1 }), { order: 'happened' }, 0],
] as const)('%s waits above, or does not, and no row moves', ([, item, filters, waiting]) => {
  const after = take(list, [item], { filters, before: undefined })
  expect(after.waiting).toHaveLength(waiting)
  expect(numbers(after)).toEqual([7, 5, 3])
})

test('a change is shown where the row stands, also one that no longer fits the filters', () => {
  const after = take(list, [incident(5, { stage: 'closed' })], { filters: { stage: 'open' }, before: undefined })
  expect(after.items.map(({ stage }) => stage)).toEqual(['open', 'closed', 'open'])
  expect(after.waiting).toEqual([])
})

test('an older self changes nothing, and rows that did not change are the same objects', () => {
  expect(take(list, [incident(5, { revision: 9 })], first)).toBe(list)
  const after = take(list, [incident(5)], first)
  expect(after.items[0]).toBe(list.items[0])
})

test('a later page counts nothing: what is new is on the first', () => {
  expect(take(list, [incident(9)], { filters: {}, before: 'next' }).waiting).toEqual([])
})

test('whatever comes, in whatever batches: no row moves, and each new one waits once, up to the bound', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.integer({ min: 1, max: 3_000 }), { maxLength: 400 }), { maxLength: 12 }),
      (batches) => {
        let now = list
        for (const batch of batches)
          now = take(
            now,
            batch.map((n) => incident(n)),
            first,
          )
        const news = new Set(batches.flat().filter((n) => n > 3 && ![7, 5].includes(n)))
        expect(numbers(now)).toEqual([7, 5, 3])
        expect(now.waiting).toHaveLength(Math.min(news.size, MAX_WAITING))
      },
    ),
    { numRuns: 50 },
  )
})

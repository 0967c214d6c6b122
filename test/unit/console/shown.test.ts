import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { IncidentView } from '#collector/console/shapes.ts'
import { MAX_WAITING, type Shown, take } from '#collector/console/shown.ts'

const machine = {
  id: 1,
  agent: '',
  name: '',
  host: '',
  department: '综合科',
  level: 'internal',
  networkKind: 'intranet',
} as const
const medium = { key: '', status: 'unregistered' } as const
/** Midnight of that day of January 1970 where the test runs. */
const dayAt = (date: number): number => new Date(1970, 0, date).getTime()
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
  endpoint: machine,
  rules: [],
  ...over,
})
const first = { filters: {}, before: undefined }
const shown = (items: IncidentView[], next?: string): Shown => ({
  page: first,
  items,
  total: items.length,
  revision: 10,
  feed: 'a.10',
  waiting: [],
  ...(next && { next }),
})
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
  ['one whose number is searched for', incident(9), { q: '000009' }, 1],
  ['one whose number begins as it is searched for', incident(90), { q: '9' }, 0],
  ['one whose endpoint is searched for', incident(9, { endpoint: { ...machine, name: '窗口-03' } }), { q: '窗口' }, 1],
  [
    'one whose person is searched for',
    incident(9, { endpoint: { ...machine, responsible: '李晓红' } }),
    { q: '晓红' },
    1,
  ],
  ['one whose medium is searched for', incident(9, { medium: { ...medium, usbSerial: '4C53AB' } }), { q: '4c53' }, 1],
  [
    'one whose medium ends as it is searched for',
    incident(9, { medium: { ...medium, usbSerial: '4C53AB' } }),
    { q: '53ab' },
    0,
  ],
  ['one of another day', incident(9), { from: '1970-01-03' }, 0],
  [
    'one of the last day of a period',
    incident(9, { arrivedAt: dayAt(3) + 1 }),
    { from: '1970-01-02', to: '1970-01-03' },
    1,
  ],
  ['one after the last day of a period', incident(9, { arrivedAt: dayAt(4) }), { to: '1970-01-03' }, 0],
  [
    'one that is worse than the last, where the worst come first',
    incident(1, { severity: 'critical' }),
    { sort: 'worst' },
    1,
  ],
  [
    'one that is less bad than the last, where the worst come first',
    incident(9, { severity: 'low' }),
    { sort: 'worst' },
    0,
  ],
  ['one newer than the last, where the oldest come first', incident(9), { sort: 'oldest' }, 0],
  ['one that arrived late, in the order of time', incident(9, { openedAt: 1 }), { order: 'happened' }, 0],
] as const)('%s waits above, or does not, and no row moves', ([, item, filters, waiting]) => {
  const after = take({ ...list, page: { filters, before: undefined } }, [item])
  expect(after.waiting).toHaveLength(waiting)
  expect(numbers(after)).toEqual([7, 5, 3])
})

test('a change is shown where the row stands, also one that no longer fits the filters', () => {
  const after = take({ ...list, page: { filters: { stage: 'open' }, before: undefined } }, [
    incident(5, { stage: 'closed' }),
  ])
  expect(after.items.map(({ stage }) => stage)).toEqual(['open', 'closed', 'open'])
  expect(after.waiting).toEqual([])
})

test('an older self changes nothing, and rows that did not change are the same objects', () => {
  expect(take(list, [incident(5, { revision: 9 })])).toBe(list)
  const after = take(list, [incident(5)])
  expect(after.items[0]).toBe(list.items[0])
})

test('a later page counts nothing: what is new is on the first', () => {
  expect(take({ ...list, page: { filters: {}, before: 'next' } }, [incident(9)]).waiting).toEqual([])
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
          )
        const news = new Set(batches.flat().filter((n) => n > 3 && ![7, 5].includes(n)))
        expect(numbers(now)).toEqual([7, 5, 3])
        expect(now.waiting).toHaveLength(Math.min(news.size, MAX_WAITING))
      },
    ),
    { numRuns: 50 },
  )
})

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { IncidentPageView, IncidentView } from '#collector/console/shapes.ts'
import { upsert, type Pages } from '#collector/console/upsert.ts'

const incident = (n: number, over: Partial<IncidentView> = {}): IncidentView => ({
  id: n.toString(16).padStart(32, '0'),
  kind: 'stay',
  revision: 1,
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
const page = (items: IncidentView[], next?: string): IncidentPageView => ({
  items,
  total: items.length,
  revision: 1,
  feed: 'a.1',
  ...(next && { next }),
})
const pages = (...all: IncidentPageView[]): Pages => ({ pages: all, pageParams: all.map(() => undefined) })
const shown = ({ pages: all }: Pages): number[] =>
  all.flatMap(({ items }) => items).map(({ openedAt }) => openedAt / 1000)

test.for([
  ['a newer one comes first', incident(9), {}, [9, 7, 5, 3]],
  ['one between keeps the order', incident(6), {}, [7, 6, 5, 3]],
  ['one behind what was read so far waits for its page', incident(2), {}, [7, 5, 3]],
  ['one that a filter keeps out', incident(9), { severity: 'critical' }, [7, 5, 3]],
  ['one of another department', incident(9), { department: '机要室' }, [7, 5, 3]],
  ['one that no longer fits goes', incident(5, { severity: 'critical', revision: 2 }), { severity: 'high' }, [7, 3]],
  [
    'an older revision changes nothing',
    incident(5, { severity: 'critical', revision: 0 }),
    { severity: 'high' },
    [7, 5, 3],
  ],
] as const)('%s', ([, item, filters, expected]) => {
  const list = pages(page([incident(7), incident(5)], 'next'), page([incident(3)], 'more'))
  expect(shown(upsert(list, item, filters))).toEqual(expected)
})

test('in the order of arrival what arrived last comes first, in that of time what happened last', () => {
  const late = incident(1, { arrivedAt: 9000 })
  const list = pages(page([incident(7), incident(5)]))
  expect(shown(upsert(list, late, {}))).toEqual([1, 7, 5])
  expect(shown(upsert(list, late, { order: 'happened' }))).toEqual([7, 5, 1])
})

test('a change takes the place of what was there', () => {
  const list = upsert(pages(page([incident(7), incident(5)])), incident(5, { revision: 4, events: 9 }), {})
  expect(list.pages[0]?.items.map(({ events }) => events)).toEqual([1, 9])
})

test('whatever the order of the changes, the whole list is the same: each incident once, newest first', () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 9 })), { maxLength: 40 }), (changes) => {
      const list = changes.reduce(
        (sofar, [n, revision]) => upsert(sofar, incident(n, { revision }), {}),
        pages(page([])),
      )
      const newest = new Map<number, number>()
      for (const [n, revision] of changes) newest.set(n, Math.max(revision, newest.get(n) ?? 0))
      expect(shown(list)).toEqual([...newest.keys()].toSorted((a, b) => b - a))
      for (const { openedAt, revision } of list.pages.flatMap(({ items }) => items))
        expect(revision).toBe(newest.get(openedAt / 1000))
    }),
  ))

/** What a list of incidents shows, and what waits above it. News changes a row where it stands and never moves one: whoever
 *  reads goes on reading. What would come in newly is counted, and comes when it is asked for. Pure. */
import { type Filters, orderOf } from './api.ts'
import type { IncidentPageView, IncidentView } from './shapes.ts'

/** More are not told apart: “1000+”. */
export const MAX_WAITING = 1_000

export interface Shown extends IncidentPageView {
  /** What would stand in this page by now, by id. */
  readonly waiting: readonly string[]
}

/** Which page of which list. */
export interface ListPage {
  readonly filters: Filters
  /** Where it begins: behind the page before; undefined on the first. */
  readonly before: string | undefined
}

const isWaiting = ({ stage }: IncidentView): boolean => stage === 'open' || stage === 'acknowledged'
const fits = (item: IncidentView, { department, severity, kind, stage }: Filters): boolean =>
  (department === undefined || item.endpoint.department === department) &&
  (severity === undefined || item.severity === severity) &&
  (kind === undefined || item.kind === kind) &&
  (stage === undefined || item.stage === stage || (stage === 'waiting' && isWaiting(item)))

type Order = (a: IncidentView, b: IncidentView) => number
const orders: Readonly<Record<'happened' | 'arrived', Order>> = {
  happened: (a, b) => b.openedAt - a.openedAt || b.number - a.number,
  arrived: (a, b) => b.arrivedAt - a.arrivedAt || b.number - a.number,
}

/** Newer selves in the places of the older; what is new to the first page waits. */
export function take(shown: Shown, news: readonly IncidentView[], { filters, before }: ListPage): Shown {
  const newest = new Map(news.map((item) => [item.id, item]))
  const ids = new Set(shown.items.map(({ id }) => id))
  const isNewer = (item: IncidentView): boolean => (newest.get(item.id)?.revision ?? 0) > item.revision
  const items = shown.items.some(isNewer)
    ? shown.items.map((item) => (isNewer(item) ? (newest.get(item.id) ?? item) : item))
    : shown.items
  const last = shown.items.at(-1)
  const comesIn = (item: IncidentView): boolean =>
    item.revision > shown.revision &&
    !ids.has(item.id) &&
    fits(item, filters) &&
    (shown.next === undefined || last === undefined || orders[orderOf(filters)](item, last) < 0)
  const more = before === undefined ? news.filter(comesIn).map(({ id }) => id) : []
  const waiting = more.length === 0 ? shown.waiting : [...new Set([...shown.waiting, ...more])].slice(0, MAX_WAITING)
  return items === shown.items && waiting === shown.waiting ? shown : { ...shown, items, waiting }
}

/** What a list of incidents shows, and what waits above it. News changes a row where it stands and never moves one: whoever
 *  reads goes on reading. What would come in newly is counted, and comes when it is asked for. Pure. */
import { bySeverity } from '#shared/vocabulary/levels.ts'
import { type Filters, orderOf } from './api.ts'
import { periodOf } from './period.ts'
import type { IncidentPageView, IncidentView } from './shapes.ts'

/** More are not told apart: “1000+”. */
export const MAX_WAITING = 1_000

export interface Shown extends IncidentPageView {
  readonly page: ListPage
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

/** As the collector searches (collector/store/incident-search.ts). */
function isFound({ number, endpoint, medium, network }: IncidentView, words: string): boolean {
  const sought = words.trim().toLowerCase()
  const device = medium?.usbSerial ?? medium?.diskSerial ?? network?.interface.mac
  return (
    (/^\d{1,9}$/.test(sought) && Number(sought) === number) ||
    [endpoint.name, endpoint.host, endpoint.responsible].some(
      (text) => text?.toLowerCase().includes(sought) ?? false,
    ) ||
    (Array.from(sought).length >= MIN_DEVICE_CHARACTERS && device?.toLowerCase().startsWith(sought) === true)
  )
}
const MIN_DEVICE_CHARACTERS = 4

const timeOf = (item: IncidentView, filters: Filters): number =>
  orderOf(filters) === 'happened' ? item.openedAt : item.arrivedAt

function isInPeriod(item: IncidentView, filters: Filters): boolean {
  const { from, to } = periodOf(filters)
  const at = timeOf(item, filters)
  return (from === undefined || at >= Number(from)) && (to === undefined || at < Number(to))
}

function fits(item: IncidentView, filters: Filters): boolean {
  const { department, severity, kind, stage, q } = filters
  return (
    (department === undefined || item.endpoint.department === department) &&
    (severity === undefined || item.severity === severity) &&
    (kind === undefined || item.kind === kind) &&
    (stage === undefined || item.stage === stage || (stage === 'waiting' && isWaiting(item))) &&
    (q === undefined || isFound(item, q)) &&
    isInPeriod(item, filters)
  )
}

/** Negative where `a` stands before `b`. */
function compare(a: IncidentView, b: IncidentView, filters: Filters): number {
  const newest = timeOf(b, filters) - timeOf(a, filters) || b.number - a.number
  if (filters.sort === 'oldest') return -newest
  return (filters.sort === 'worst' ? bySeverity(a.severity, b.severity) : 0) || newest
}

/** Newer selves in the places of the older; what is new to the first page waits. */
export function take(shown: Shown, news: readonly IncidentView[]): Shown {
  const { filters, before } = shown.page
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
    (shown.next === undefined || last === undefined || compare(item, last, filters) < 0)
  const more = before === undefined ? news.filter(comesIn).map(({ id }) => id) : []
  const waiting = more.length === 0 ? shown.waiting : [...new Set([...shown.waiting, ...more])].slice(0, MAX_WAITING)
  return items === shown.items && waiting === shown.waiting ? shown : { ...shown, items, waiting }
}

/** Puts a changed incident into the pages of a list that one has. Pure. */
import type { IncidentPageView, IncidentView } from './shapes.ts'
import { type Filters, orderOf } from './api.ts'

export interface Pages {
  pages: IncidentPageView[]
  pageParams: unknown[]
}

const fits = (item: IncidentView, { department, severity, kind, stage }: Filters): boolean =>
  (department === undefined || item.endpoint.department === department) &&
  (severity === undefined || item.severity === severity) &&
  (kind === undefined || item.kind === kind) &&
  (stage === undefined || item.stage === stage)

type Order = (a: IncidentView, b: IncidentView) => number
const orders: Readonly<Record<'happened' | 'arrived', Order>> = {
  happened: (a, b) => b.openedAt - a.openedAt || b.number - a.number,
  arrived: (a, b) => b.arrivedAt - a.arrivedAt || b.number - a.number,
}

/** In the place of its older self, or where its time puts it; not at all where it does not fit, or lies behind the end of what
 *  was read so far. An older revision than the one there changes nothing. */
export function upsert(list: Pages, item: IncidentView, filters: Filters): Pages {
  const newestFirst = orders[orderOf(filters)]
  const known = list.pages.flatMap(({ items }) => items).find(({ id }) => id === item.id)
  if (known !== undefined && known.revision >= item.revision) return list
  const without = list.pages.map((page) => ({ ...page, items: page.items.filter(({ id }) => id !== item.id) }))
  if (!fits(item, filters)) return { ...list, pages: without }
  const at = without.findIndex(({ items, next }) => {
    const last = items.at(-1)
    return next === undefined || (last !== undefined && newestFirst(item, last) < 0)
  })
  const pages = without.map((page, index) =>
    index === at ? { ...page, items: [...page.items, item].toSorted(newestFirst) } : page,
  )
  return { ...list, pages }
}

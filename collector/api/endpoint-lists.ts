/** Which of the endpoints are asked for, in which order. Pure: there are as many as computers, and all are read. */
import { Problem } from './problem.ts'
import type { EndpointCountsView, EndpointQuery, EndpointView } from './shapes/endpoint.ts'

const isNamed = ({ name, host, department, responsible = '' }: EndpointView, words: string): boolean =>
  [name, host, department, responsible].some((text) => text.toLowerCase().includes(words.toLowerCase()))

const fits = (endpoint: EndpointView, { connection, health, department, q }: EndpointQuery): boolean =>
  (connection === undefined ||
    endpoint.connection === connection ||
    (connection === 'away' && endpoint.connection === 'never')) &&
  (health === undefined || endpoint.health === health) &&
  (department === undefined || endpoint.department === department) &&
  (q === undefined || isNamed(endpoint, q.trim()))

/** What is connected is seen now. */
const seenAt = ({ connectedSince, lastSeenAt }: EndpointView): number =>
  connectedSince === undefined ? (lastSeenAt ?? 0) : Infinity

type Order = (a: EndpointView, b: EndpointView) => number
const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)
const byName: Order = (a, b) => compare(a.name, b.name) || a.id - b.id
const byDepartment: Order = (a, b) => compare(a.department, b.department) || byName(a, b)
const healths: readonly EndpointView['health'][] = ['unwell', 'unknown', 'well']

const orders: Readonly<Record<NonNullable<EndpointQuery['sort']>, Order>> = {
  department: byDepartment,
  name: byName,
  'seen-last': (a, b) => compare(seenAt(b), seenAt(a)) || byName(a, b),
  'seen-first': (a, b) => compare(seenAt(a), seenAt(b)) || byName(a, b),
  unwell: (a, b) => healths.indexOf(a.health) - healths.indexOf(b.health) || byDepartment(a, b),
}

/** A page; its cursor is how many came before. */
export function pageOf(
  all: readonly EndpointView[],
  { sort = 'department', before, limit = 50, ...asked }: EndpointQuery,
) {
  const from = before === undefined ? 0 : Number(before)
  if (!Number.isSafeInteger(from) || from < 0) throw new Problem('bad-request', 'This cursor is none of ours.')
  const fitting = all.filter((endpoint) => fits(endpoint, asked)).toSorted(orders[sort])
  const end = from + limit
  return {
    items: fitting.slice(from, end),
    total: fitting.length,
    ...(end < fitting.length && { next: String(end) }),
  }
}

export function countsOf(all: readonly EndpointView[]): EndpointCountsView {
  const connected = all.filter(({ connection }) => connection === 'connected').length
  return {
    all: all.length,
    connected,
    away: all.length - connected,
    unwell: all.filter(({ health }) => health === 'unwell').length,
    departments: [...new Set(all.map(({ department }) => department))].toSorted(compare),
  }
}

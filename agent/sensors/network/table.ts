/** What is known of links, and how it changed: pure. An address or route counts while its link is up: on a link that is
 *  down it leads nowhere, and it is told when the link comes up. */
import type { Address, Interface, Route } from '#shared/event/subject.ts'
import type { LinkDelta, LinkSignal, LinkState, SeenAddress, SeenLink, SeenRoute } from '#agent/platform/links.ts'

export type LinkChange =
  | { type: 'link'; link: Interface; change: 'up' | 'down' | 'gone' }
  | { type: 'address'; link: Interface; change: 'added' | 'removed'; address: Address }
  | { type: 'route'; link: Interface; change: 'added' | 'removed'; route: Route }

/** All that is known under one interface number; the link itself may be unknown yet. */
interface Entry {
  seen: SeenLink | undefined
  addresses: ReadonlyMap<string, SeenAddress>
  routes: ReadonlyMap<string, SeenRoute>
}
export type LinkTable = ReadonlyMap<number, Entry>

export const emptyLinks: LinkTable = new Map()
const nothing: Entry = { seen: undefined, addresses: new Map(), routes: new Map() }

/** What is beyond these is not told; `isFull` says so. */
const MAX_LINKS = 1_024 // × some 300 bytes
const MAX_ADDRESSES = 1_024 // a link; × 200 bytes
const MAX_ROUTES = 256 // a link; × 200 bytes

export const isFull = (table: LinkTable): boolean =>
  table.size >= MAX_LINKS ||
  [...table.values()].some(({ addresses, routes }) => addresses.size >= MAX_ADDRESSES || routes.size >= MAX_ROUTES)

const addressKey = ({ address: { family, address, prefix } }: Pick<SeenAddress, 'address'>): string =>
  `${family} ${address}/${prefix}`
/** All its parts name a route: two that differ in their metric alone are two. */
const routeKey = ({ route }: Pick<SeenRoute, 'route'>): string =>
  JSON.stringify([
    route.family,
    route.destination,
    route.gateway,
    route.table,
    route.metric,
    route.protocol,
    route.source,
    route.nexthops,
  ])

/** The table after the signal, and what changed: endings first, a link's address and routes before the link itself;
 *  then beginnings, the link first. */
export function stepLinks(table: LinkTable, signal: LinkSignal): [LinkTable, LinkChange[]] {
  const after =
    signal.type === 'state' ? signal.meanwhile.reduce(applied, tableOf(signal.state)) : applied(table, signal)
  const touched = [...new Set([...table.keys(), ...after.keys()])].filter((i) => table.get(i) !== after.get(i))
  return [after, diff(table, after, touched)]
}

/** A link that counts, with what counts on it. */
export interface OnLink {
  readonly link: Interface
  readonly addresses: readonly Address[]
  readonly routes: readonly Route[]
}

/** What is there, link by link. */
export const linksOn = (table: LinkTable): OnLink[] =>
  [...table.values()].flatMap(({ seen, addresses, routes }) =>
    seen?.up === true
      ? {
          link: seen.link,
          addresses: [...addresses.values()].map(({ address }) => address),
          routes: [...routes.values()].map(({ route }) => route),
        }
      : [],
  )

/** What was there once and is not in the table, as if it ended now. */
export function endedSince(before: readonly OnLink[], table: LinkTable): LinkChange[] {
  const was = tableOf({
    links: before.map(({ link }) => ({ link, up: true })),
    addresses: before.flatMap(({ link: { index }, addresses }) => addresses.map((address) => ({ index, address }))),
    routes: before.flatMap(({ link: { index }, routes }) => routes.map((route) => ({ index, route }))),
  })
  return diff(was, table, [...was.keys()]).filter(isEnd)
}

/** An interface that goes while it is down is no end of what was on: that ended before. */
export const isEnd = ({ change }: LinkChange): boolean => change !== 'up' && change !== 'added'

/** What names a change's thing, alike when it begins and when it ends. */
export function keyOf(change: LinkChange): string {
  const { link } = change
  const what = change.type === 'address' ? addressKey(change) : change.type === 'route' ? routeKey(change) : ''
  return `${link.index} ${link.card} ${change.type} ${what}`
}

/** What is there, as if it had just come. */
export const presentLinks = (table: LinkTable): LinkChange[] => diff(emptyLinks, table, [...table.keys()])

const tableOf = (state: LinkState): LinkTable =>
  [
    ...state.links.map((seen): LinkDelta => ({ type: 'link', change: 'added', seen })),
    ...state.addresses.map((seen): LinkDelta => ({ type: 'address', change: 'added', seen })),
    ...state.routes.map((seen): LinkDelta => ({ type: 'route', change: 'added', displaces: false, seen })),
  ].reduce(applied, emptyLinks)

function applied(table: LinkTable, delta: LinkDelta): LinkTable {
  const after = new Map(delta.type === 'route' && delta.displaces ? displaced(table, delta.seen) : table)
  const index = delta.type === 'link' ? delta.seen.link.index : delta.seen.index
  const entry = after.get(index) ?? nothing
  if (delta.type === 'link' && delta.change === 'removed') after.delete(index) // all that was on it goes with it
  else if (after.has(index) || after.size < MAX_LINKS) after.set(index, changed(entry, delta))
  return after
}

function changed(entry: Entry, delta: LinkDelta): Entry {
  if (delta.type === 'link') return { ...entry, seen: delta.seen }
  if (delta.type === 'address') {
    const addresses = put(entry.addresses, addressKey(delta.seen), delta.change, delta.seen, MAX_ADDRESSES)
    return { ...entry, addresses }
  }
  return { ...entry, routes: put(entry.routes, routeKey(delta.seen), delta.change, delta.seen, MAX_ROUTES) }
}

function put<V>(map: ReadonlyMap<string, V>, key: string, change: 'added' | 'removed', value: V, max: number) {
  const after = new Map(map)
  if (change === 'removed') after.delete(key)
  else if (after.has(key) || after.size < max) after.set(key, value)
  return after
}

/** Where the kernel keeps one route at a time. */
const slot = ({ route }: SeenRoute): string =>
  JSON.stringify([route.family, route.destination, route.table, route.metric ?? 0, route.source])

function displaced(table: LinkTable, by: SeenRoute): LinkTable {
  const stays = (seen: SeenRoute): boolean => slot(seen) !== slot(by)
  const kept = (entry: Entry): Entry =>
    [...entry.routes.values()].every(stays)
      ? entry
      : { ...entry, routes: new Map([...entry.routes].filter(([, seen]) => stays(seen))) }
  return new Map([...table].map(([index, entry]) => [index, kept(entry)]))
}

function diff(before: LinkTable, after: LinkTable, touched: readonly number[]): LinkChange[] {
  const pairs = touched.flatMap((index) => {
    const [from, to] = [before.get(index) ?? nothing, after.get(index) ?? nothing]
    // The number is another card's now: the one went, the other came.
    const isOther = from.seen !== undefined && to.seen !== undefined && from.seen.link.card !== to.seen.link.card
    return isOther
      ? [
          { from, to: nothing },
          { from: nothing, to },
        ]
      : [{ from, to }]
  })
  const ended = pairs.flatMap(({ from, to }) => endings(from, to))
  return [...ended, ...pairs.flatMap(({ from, to }) => beginnings(from, to))]
}

/** What counts in `to` and did not in `from`. */
function beginnings(from: Entry, to: Entry): LinkChange[] {
  if (to.seen?.up !== true) return []
  const { link } = to.seen
  const wasUp = from.seen?.up === true
  const before = wasUp ? from : nothing
  const addresses = [...to.addresses].filter(([key]) => !before.addresses.has(key))
  const routes = [...to.routes].filter(([key]) => !before.routes.has(key))
  return [
    ...(wasUp ? [] : [{ type: 'link', link, change: 'up' } as const]),
    ...addresses.map(([, { address }]) => ({ type: 'address', link, change: 'added', address }) as const),
    ...routes.map(([, { route }]) => ({ type: 'route', link, change: 'added', route }) as const),
  ]
}

/** An interface that goes has mostly gone down before: that is told too, a second time. */
function endings(from: Entry, to: Entry): LinkChange[] {
  const gone = to.seen === undefined
  if (gone && from.seen?.up === false) return [{ type: 'link', link: from.seen.link, change: 'gone' }]
  return beginnings(to, from)
    .toReversed()
    .map((change) => {
      if (change.type === 'link') return { ...change, change: gone ? 'gone' : 'down' }
      return { ...change, change: 'removed' }
    })
}

/** What of a network card an event is about: the part that is on or off, and how people read it. */
import type { Event } from '#shared/event/event.ts'
import type { Route } from '#shared/event/subject.ts'
import type { BrokenLink } from './incident.ts'

export interface Part {
  /** Equal for equal parts: all that the system tells apart. */
  readonly name: string
  readonly what: BrokenLink['what']
  readonly text: string
  /** `down`: with it everything on the card is off. */
  readonly change: 'on' | 'off' | 'down'
}

/** Undefined: the event has no lasting part. */
export function partOf({ kind, detail, subject }: Event): Part | undefined {
  const { interface: link, address, route } = subject
  if (kind === 'net.link-up') return { name: 'link', what: 'link', text: link?.name ?? '', change: 'on' }
  if (kind === 'net.link-down') return { name: 'link', what: 'link', text: link?.name ?? '', change: 'down' }
  if (kind === 'net.address' && address) {
    const text = `${address.address}/${address.prefix}`
    return { name: `address ${text}`, what: 'address', text, change: changeOf(detail.change) }
  }
  if (kind === 'net.route-changed' && route)
    return { name: routeName(route), what: 'route', text: routeText(route), change: changeOf(detail.change) }
  return undefined
}

const changeOf = (change: 'added' | 'removed'): 'on' | 'off' => (change === 'added' ? 'on' : 'off')

/** Two metrics of one default route are two routes: one of them may stay when the other goes. */
function routeName({ family, destination, gateway, table, metric, protocol, source, nexthops }: Route): string {
  return `route ${JSON.stringify([family, destination, gateway, table, metric, protocol, source, nexthops])}`
}

function routeText({ destination, gateway, metric, table, nexthops }: Route): string {
  const MAIN_TABLE = 254
  const hops = nexthops?.flatMap((hop) => hop.gateway ?? []) ?? []
  const via = [...(gateway === undefined ? [] : [gateway]), ...hops]
  return [
    destination,
    ...via.map((hop) => `via ${hop}`),
    ...(metric === undefined || metric === 0 ? [] : [`metric ${metric}`]),
    ...(table === MAIN_TABLE ? [] : [`table ${table}`]),
  ].join(' ')
}

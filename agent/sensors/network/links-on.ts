/** Which links were up, with their addresses and default routes, kept across runs: what ended while nobody looked is told
 *  by the next one. */
import { Type, type Static } from 'typebox'
import { Address, Interface, Route } from '#shared/event/subject.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { remember, type Memory, type Remembered } from '../remember.ts'
import type { OnLink } from './table.ts'

const Kept = Type.Object({ link: Interface, addresses: Type.Array(Address), routes: Type.Array(Route) })
const NAME = 'links-on'
const MAX_PARTS = 2_048 // links, addresses and routes together, × 300 bytes; of what is beyond, an end that nobody saw is not told

type Kept = Static<typeof Kept>

export type LinksOn = Remembered<Kept>

export const openLinksOn = (boot: string, dependencies: { memory: Memory; clock: Clock }): LinksOn =>
  remember({ name: NAME, each: Kept, boot }, dependencies)

/** As much as is kept. */
export function withinBound(links: readonly OnLink[]): Kept[] {
  let left = MAX_PARTS
  const take = <T>(all: readonly T[]): T[] => {
    const taken = all.slice(0, left)
    left -= taken.length
    return taken
  }
  return links.flatMap(({ link, addresses, routes }) =>
    take([link]).map((kept) => ({ link: kept, addresses: take(addresses), routes: take(routes) })),
  )
}

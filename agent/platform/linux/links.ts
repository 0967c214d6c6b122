/** Links, addresses and default routes, as route netlink tells them: subscribed first and then dumped, on one socket, so
 *  that nothing falls between. The kernel takes some things away in silence (an IPv4 route whose link went), so after
 *  news the truth is dumped again and compared. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import { every } from '../every.ts'
import type { LinkListener, LinkSource } from '../links.ts'
import { readCards } from './cards.ts'
import type { Descriptors } from './descriptors.ts'
import { POLLIN, type Libc } from './libc.ts'
import { followRoutes } from './follow-routes.ts'
import { ROUTE_RECEIVE_BYTES, routeSocket } from './rtnetlink.ts'

const RECONCILE_MS = 60_000

export interface LinuxLinksOptions {
  boot: string
  /** How much the kernel keeps for us; a test makes it small. */
  receiveBytes?: number
}

export interface LinuxDependencies {
  libc: Libc
  descriptors: Descriptors
  clock: Clock
}

export function linuxLinks(options: LinuxLinksOptions, { libc, descriptors, clock }: LinuxDependencies): LinkSource {
  return {
    async watch(listener: LinkListener, signal) {
      const socket = libc.openNetlink(...routeSocket, options.receiveBytes ?? ROUTE_RECEIVE_BYTES)
      const ended = new AbortController()
      const until = AbortSignal.any([signal, ended.signal])
      const cards = readCards({ root: '', boot: options.boot, nameNow: libc.nameOfIndex })
      const follow = followRoutes(socket, listener, { cards, clock }, until)
      const reading = descriptors.watch(socket.fd, POLLIN, follow.read, until)
      try {
        follow.dump('present')
        const looking = every(RECONCILE_MS, clock, until, () => follow.dump('reconciled'))
        await Promise.race([reading, looking, follow.failed])
      } finally {
        ended.abort()
        await reading.finally(socket.close)
      }
    },
  }
}

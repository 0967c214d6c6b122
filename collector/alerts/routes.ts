/** Who gets alerts, and by which channel. A row of the outbox is for one recipient, so that a mailbox that fails delays no
 *  other and one that works gets nothing twice. */
import type { Level } from '#shared/vocabulary/levels.ts'

/** Where alerts wait while no mail is configured. */
export const NO_MAIL = 'mail'

export interface Route {
  readonly name: string
  readonly to: readonly string[]
  /** The highest level of what may be written there (CONTRACTS §7). */
  readonly level: Level
}
export interface Recipient {
  readonly channel: string
  readonly route: string
  readonly address: string
  readonly level: Level
}

export const recipientsOf = (routes: readonly Route[]): Recipient[] =>
  routes.flatMap(({ name: route, to, level }) =>
    to.map((address) => ({ channel: `mail/${route}/${address}`, route, address, level })),
  )

/** The channels that an alert is due on: what the commit puts into the outbox. */
export function channelsOf(routes: readonly Route[] = []): string[] {
  const channels = recipientsOf(routes).map(({ channel }) => channel)
  return channels.length === 0 ? [NO_MAIL] : channels
}

/** Who gets alerts, and by which channel. A row of the outbox is for one recipient, so that a mailbox that fails delays no
 *  other and one that works gets nothing twice. */
import type { Level } from '#shared/vocabulary/levels.ts'

/** Where alerts wait while no mail is configured. */
export const NO_MAIL = 'mail'

export interface MailRoute {
  readonly name: string
  readonly to: readonly string[]
  /** The highest level of what may be written there (docs/security.md). */
  readonly level: Level
}
export interface Recipient {
  readonly channel: string
  readonly route: string
  readonly address: string
  readonly level: Level
}

export const recipientsOf = (routes: readonly MailRoute[]): Recipient[] =>
  routes.flatMap(({ name: route, to, level }) =>
    to.map((address) => ({ channel: `mail/${route}/${address}`, route, address, level })),
  )

interface Configured {
  readonly mail?: { readonly routes: readonly MailRoute[] }
}

/** Every mailbox of every channel that is configured: where an alert is due, and what the commit puts into the outbox. */
export function mailboxesOf({ mail }: Configured): string[] {
  const mailboxes = recipientsOf(mail?.routes ?? []).map(({ channel }) => channel)
  return mailboxes.length === 0 ? [NO_MAIL] : mailboxes
}

/** Who gets the daily mail; `to`: names of routes, absent: all of them. */
export const dailyOf = (
  routes: readonly MailRoute[],
  { at, to }: { at: string; to?: readonly string[] | undefined },
): { at: string; mailboxes: string[] } => ({
  at,
  mailboxes: recipientsOf(routes.filter(({ name }) => to === undefined || to.includes(name))).map(
    ({ channel }) => channel,
  ),
})

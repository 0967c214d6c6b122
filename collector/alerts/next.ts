/** What goes to a mailbox next: the daily mail, then what is new, worst and newest first, then the old as one digest. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import { dueAlerts, freshAlerts, type KeptAlert } from '#collector/store/alerts.ts'
import type { MailboxRow } from '#collector/store/mailboxes.ts'
import type { Tx } from '#collector/store/schema.ts'
import { dailyMail, isDailyDue, newestDaily, type NotWell } from './daily.ts'
import { digestMail } from './digest.ts'
import type { Errand, Keeping } from './attempt.ts'
import { oneMail } from './one.ts'

/** More than this are told in one mail: nobody reads them one by one. */
const MAX_SINGLE = 20
/** What came to be due within this is new: it goes before what has waited longer. */
const FRESH_MS = 60_000

export interface Daily {
  /** Local time, `08:00`. */
  readonly at: string
  readonly mailboxes: readonly string[]
}

export interface Choosing {
  readonly store: Keeping
  readonly clock: Clock
  readonly daily: Daily | undefined
  readonly conditions: () => readonly NotWell[]
  /** False while what waited for other mailboxes is being moved here: it goes out together when all of it is there. */
  readonly settled: () => boolean
}

/** The date of the daily mail that is to go to it now. */
export function dailyFor(
  { mailbox, daily_for: last }: Pick<MailboxRow, 'mailbox' | 'daily_for'>,
  { clock, daily }: Pick<Choosing, 'clock' | 'daily'>,
): string | undefined {
  if (daily?.mailboxes.includes(mailbox) !== true) return undefined
  const date = newestDaily(clock, daily.at)
  return isDailyDue(date, last) ? date : undefined
}

export async function nextErrand(mailbox: MailboxRow, choosing: Choosing): Promise<Errand | undefined> {
  const date = dailyFor(mailbox, choosing)
  if (date !== undefined) return dailyMail(mailbox.mailbox, date, choosing.conditions)
  return choosing.store.read((tx) => dueErrand(tx, mailbox, choosing))
}

async function dueErrand(
  tx: Tx,
  { mailbox, digest, failures }: MailboxRow,
  { clock, settled }: Pick<Choosing, 'clock' | 'settled'>,
): Promise<Errand | undefined> {
  const now = clock.wall()
  const all = settled()
  const due = await dueAlerts(tx, { mailbox, now, limit: MAX_SINGLE + 1 })
  if (all && due.length <= MAX_SINGLE)
    return firstOf(due) ?? (digest === null ? undefined : digestMail(mailbox, digest))
  const fresh = await freshAlerts(tx, { mailbox, since: now - FRESH_MS, now, limit: MAX_SINGLE + 1 })
  if (fresh.length > 0 && fresh.length <= MAX_SINGLE) return firstOf(fresh)
  // Whether it is well again is seen by one mail too, at the cost of a row: a digest would mark and free all of them.
  if (failures > 0 && digest === null) {
    const newest = await freshAlerts(tx, { mailbox, since: 0, now, limit: 1 })
    return firstOf(newest) ?? firstOf(due) // of what came to be due before the clock was set back none is the newest
  }
  return all ? digestMail(mailbox, digest) : undefined
}

function firstOf(alerts: readonly KeptAlert[]): Errand | undefined {
  const [first] = alerts.toSorted((a, b) => a.severity - b.severity || b.dueAt - a.dueAt)
  return first && oneMail(first)
}

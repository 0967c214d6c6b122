/** News that wait for a mailbox which the configuration does not name (any more) go to those that it names. */
import { alertsOf, saveAlerts, someOf, type AlertRow, type KeptAlert } from '#collector/store/alerts.ts'
import { allMailboxes } from '#collector/store/mailboxes.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Keeping } from './attempt.ts'
import { withNews } from './standing.ts'

/** Rows moved in one transaction: a few milliseconds, in which nobody else commits. */
const ROWS_AT_ONCE = 100

/** In steps; what was in them is in one place or the other, never in both or in none. */
export async function redirectLost(store: Keeping, mailboxes: readonly string[], stop: AbortSignal): Promise<void> {
  for (const { mailbox } of await store.read(allMailboxes))
    if (!mailboxes.includes(mailbox))
      while (!stop.aborted && (await store.write((tx) => step(tx, mailbox, mailboxes))) > 0);
}

async function step(tx: Tx, mailbox: string, mailboxes: readonly string[]): Promise<number> {
  const rows = await someOf(tx, { mailbox, state: 'waiting', limit: ROWS_AT_ONCE })
  await redirect(tx, rows, mailboxes)
  return rows.length
}

/** Moves what those rows have to tell; the rows themselves stay, as what went out before. */
export async function redirect(tx: Tx, rows: readonly KeptAlert[], mailboxes: readonly string[]): Promise<void> {
  const known = new Map<string, AlertRow>()
  for (const row of await alertsOf(
    tx,
    rows.map(({ incident }) => incident),
  ))
    known.set(`${row.incident} ${row.mailbox}`, row)
  const moved = rows.flatMap((row) =>
    mailboxes.flatMap((mailbox) => {
      const there = known.get(`${row.incident} ${mailbox}`)
      const standing = withNews(there, row.news, { severity: row.severity, now: row.dueAt })
      return standing === undefined ? [] : [{ ...there, ...standing, incident: row.incident, mailbox }]
    }),
  )
  const left = rows.map((row): AlertRow => ({
    ...row,
    state: row.sent > 0 ? 'delivered' : 'dismissed',
    news: [],
    telling: undefined,
    digest: undefined,
  }))
  await saveAlerts(tx, [...moved, ...left])
}

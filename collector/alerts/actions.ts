/** What people do to alerts: send one that was refused again, dismiss one. Who it was is recorded by whoever begins the
 *  transaction (access/acting.ts). */
import { alertById, saveAlerts, someOf, type AlertRow, type KeptAlert } from '#collector/store/alerts.ts'
import { setMailbox } from '#collector/store/mailboxes.ts'
import type { Tx } from '#collector/store/schema.ts'
import { redirect } from './redirect.ts'
import { dismissed, sentAgain } from './standing.ts'

export type WhichAlerts = { readonly alert: number } | { readonly refusedOf: string }

export interface AlertsDealtWith {
  /** How many were changed; 0: there is nothing such. */
  readonly alerts: number
  /** There are others: call again. */
  readonly more: boolean
}

/** Alerts changed in one transaction: some ten milliseconds, in which nobody else commits. */
const MAX_AT_ONCE = 1_000

/** Refused ones wait again, and are tried at once. One to an address that the configuration no longer names goes to those
 *  that it names (`mailboxes`). */
export async function sendAgain(
  tx: Tx,
  which: WhichAlerts,
  { mailboxes, now }: { mailboxes: readonly string[]; now: number },
): Promise<AlertsDealtWith> {
  const { rows, more } = await chosen(tx, which, ['refused'])
  const again = rows.map((row): KeptAlert => ({ ...row, ...sentAgain(row, now) }))
  await saveAlerts(tx, again)
  const lost = again.filter(({ mailbox }) => !mailboxes.includes(mailbox))
  await redirect(tx, lost, mailboxes)
  for (const mailbox of new Set(again.map((row) => row.mailbox))) await setMailbox(tx, mailbox, { next_at: 0 })
  return { alerts: rows.length, more }
}

/** What waits or was refused is not told; what comes later is. */
export async function dismiss(tx: Tx, which: WhichAlerts): Promise<AlertsDealtWith> {
  const { rows, more } = await chosen(tx, which, ['refused', 'waiting'])
  await saveAlerts(
    tx,
    rows.map((row): AlertRow => ({ ...row, ...dismissed(row), digest: undefined })),
  )
  return { alerts: rows.length, more }
}

async function chosen(
  tx: Tx,
  which: WhichAlerts,
  states: readonly AlertRow['state'][],
): Promise<{ rows: readonly KeptAlert[]; more: boolean }> {
  if ('alert' in which) {
    const row = await alertById(tx, which.alert)
    return { rows: row !== undefined && states.includes(row.state) ? [row] : [], more: false }
  }
  const rows = await someOf(tx, { mailbox: which.refusedOf, state: 'refused', limit: MAX_AT_ONCE + 1 })
  return { rows: rows.slice(0, MAX_AT_ONCE), more: rows.length > MAX_AT_ONCE }
}

/** The mail about one incident. */
import { aboutIncident } from '#collector/store/alert-views.ts'
import { alertById, saveAlerts, type KeptAlert } from '#collector/store/alerts.ts'
import { beginAttempt, endAttempt } from '#collector/store/mailboxes.ts'
import type { Ending, Errand } from './attempt.ts'
import { mailId } from './letter.ts'
import { begun, delivered, failed, refused, type AlertStanding } from './standing.ts'

export const oneMail = ({ id, mailbox }: Pick<KeptAlert, 'id' | 'mailbox'>): Errand => ({
  begin: (store, { again, mailboxAgain }) =>
    store.write(async (tx) => {
      const row = await alertById(tx, id)
      if (row?.state !== 'waiting') return undefined
      const standing = begun(row, again(row.attempts + 1))
      await saveAlerts(tx, [{ ...row, ...standing }])
      await beginAttempt(tx, mailbox, mailboxAgain)
      const subject = await aboutIncident(tx, row.incident)
      const letter = mailId(`${subject.id}.${row.sent}`, mailbox)
      return { about: 'incident', id: letter, subject, reasons: standing.telling ?? [] }
    }),
  end: (store, ending) =>
    store.write(async (tx) => {
      const row = await alertById(tx, id)
      if (row !== undefined) await saveAlerts(tx, [{ ...row, ...after(row, ending), ...errorOf(ending) }])
      await endAttempt(tx, mailbox, ending)
    }),
})

/** What a row is after a mail that told it. */
export function after(row: AlertStanding, { delivery: { outcome }, now, again }: Ending): AlertStanding {
  if (outcome === 'delivered') return delivered(row, now)
  if (outcome === 'refused') return refused(row)
  return failed(row, { nextAt: again(row.attempts), unseen: outcome === 'unseen' })
}

export const errorOf = ({ delivery }: Ending): { lastError?: string } =>
  delivery.outcome === 'delivered' ? {} : { lastError: delivery.reason }

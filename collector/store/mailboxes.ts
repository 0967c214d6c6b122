/** How the outbox stands with each mailbox. A row is made when it is first told something, or the
 *  configuration first names it, and kept. */
import { sql, type Selectable } from 'kysely'
import { retrySoon } from './alerts.ts'
import type { Tx } from './schema.ts'
import type { MailboxTable } from './tables/outbox.ts'

export type MailboxRow = Selectable<MailboxTable>

const ROWS_AT_ONCE = 500 // × 7 columns, far below SQLite's 32,766 parameters
const MAX_ERROR_CHARACTERS = 500

/** Those that are there stay as they are. */
export async function addMailboxes(tx: Tx, mailboxes: readonly string[]): Promise<void> {
  const fresh = { failures: 0, next_at: 0, last_error: null, unseen_attempts: 0, digest: null, daily_for: null }
  for (let from = 0; from < mailboxes.length; from += ROWS_AT_ONCE)
    await tx
      .insertInto('mailbox')
      .values(mailboxes.slice(from, from + ROWS_AT_ONCE).map((mailbox) => ({ mailbox, ...fresh })))
      .onConflict((conflict) => conflict.column('mailbox').doNothing())
      .execute()
}

/** Those that get the daily mail from now on begin after that date; the others begin anew when they get it again. */
export async function beginDaily(tx: Tx, mailboxes: readonly string[], newest: string | null): Promise<void> {
  const rows = await tx.selectFrom('mailbox').select(['mailbox', 'daily_for']).execute()
  for (const { mailbox, daily_for: last } of rows)
    if (mailboxes.includes(mailbox) !== (last !== null))
      await setMailbox(tx, mailbox, { daily_for: mailboxes.includes(mailbox) ? newest : null })
}

export interface LookedAt extends MailboxRow {
  /** Something waits whose time has come. */
  readonly due: boolean
  /** Something waits for longer than anything is put off. */
  readonly far: boolean
}

/** All of them: each is a look or two into an index, however much waits. */
export async function lookAtMailboxes(
  tx: Tx,
  { now, furthest }: { now: number; furthest: number },
): Promise<LookedAt[]> {
  const rows = await tx
    .selectFrom('mailbox')
    .selectAll()
    .select((is) => {
      const waiting = is
        .selectFrom('alert')
        .select('alert.id')
        .whereRef('alert.mailbox', '=', 'mailbox.mailbox')
        .where('alert.state', '=', sql.lit('waiting'))
        .where('alert.digest', 'is', null) // else each look would pass over all that a digest under way tells
      return [
        is.exists(waiting.where('alert.next_at', '<=', now)).as('due'),
        is.exists(waiting.where('alert.next_at', '>', furthest)).as('far'),
      ]
    })
    .execute()
  return rows.map((row) => ({ ...row, due: Boolean(row.due), far: Boolean(row.far) }))
}

export const allMailboxes = (tx: Tx): Promise<MailboxRow[]> => tx.selectFrom('mailbox').selectAll().execute()

/** An attempt begins: it counts as unseen until its end is recorded, and comes again at `nextAt` if we die in it. */
export async function beginAttempt(tx: Tx, mailbox: string, nextAt: number): Promise<void> {
  await tx
    .updateTable('mailbox')
    .set((is) => ({ unseen_attempts: is('unseen_attempts', '+', 1), next_at: nextAt }))
    .where('mailbox', '=', mailbox)
    .execute()
}

/** What is known of a mailbox after an attempt. */
export interface AfterAttempt {
  readonly seen: boolean
  readonly failures: number
  readonly nextAt: number
  readonly error: string | undefined
  /** It goes well after it did not for a while: what was put off is tried now. */
  readonly recovered: boolean
}

export async function endAttempt(
  tx: Tx,
  mailbox: string,
  { seen, failures, nextAt, error, recovered }: AfterAttempt,
): Promise<void> {
  if (recovered) await retrySoon(tx, mailbox)
  await tx
    .updateTable('mailbox')
    .set((is) => ({
      unseen_attempts: is('unseen_attempts', '-', seen ? 1 : 0),
      failures,
      next_at: nextAt,
      last_error: error?.slice(0, MAX_ERROR_CHARACTERS) ?? null,
    }))
    .where('mailbox', '=', mailbox)
    .execute()
}

export async function setMailbox(
  tx: Tx,
  mailbox: string,
  values: Partial<Pick<MailboxRow, 'digest' | 'daily_for' | 'next_at'>>,
): Promise<void> {
  await tx.updateTable('mailbox').set(values).where('mailbox', '=', mailbox).execute()
}

/** What people see of the outbox. */
import type { Visible } from '#collector/access/visible.ts'
import { listAlerts, refusedCounts, waitingCounts, type ListedAlert } from '#collector/store/alert-views.ts'
import { allMailboxes } from '#collector/store/mailboxes.ts'
import type { Tx } from '#collector/store/schema.ts'

export type { ListedAlert }

/** Newest row first; nothing for whom none is visible. `before`: the id of the last one of the page before. */
export const seenAlerts = async (
  tx: Tx,
  visible: Visible,
  page: Parameters<typeof listAlerts>[1],
): Promise<ListedAlert[]> => (visible === 'all' ? listAlerts(tx, page) : [])

export interface MailboxState {
  readonly mailbox: string
  readonly waiting: number
  readonly refused: number
  /** Since when the oldest that waits could have gone out. */
  readonly oldestAt?: number
  /** Attempts in a row that did not go well. */
  readonly failures: number
  /** What the channel said last, where it did not go well. */
  readonly lastError?: string
}

/** Every mailbox that has something waiting or refused, or that fails; by name. */
export async function mailboxStates(tx: Tx): Promise<MailboxState[]> {
  const waiting = new Map((await waitingCounts(tx)).map((each) => [each.mailbox, each]))
  const refused = new Map((await refusedCounts(tx)).map((each) => [each.mailbox, each.refused]))
  const rows = new Map((await allMailboxes(tx)).map((row) => [row.mailbox, row]))
  const names = new Set([...waiting.keys(), ...refused.keys(), ...rows.keys()])
  return [...names].toSorted().flatMap((mailbox) => {
    const { failures = 0, last_error: lastError = null } = rows.get(mailbox) ?? {}
    const there = waiting.get(mailbox)
    const count = refused.get(mailbox) ?? 0
    if (there === undefined && count === 0 && failures === 0) return []
    return {
      mailbox,
      waiting: there?.waiting ?? 0,
      refused: count,
      ...(there && { oldestAt: there.oldestAt }),
      failures,
      ...(lastError !== null && { lastError }),
    }
  })
}

/** Those of them that somebody may see. */
export const seenMailboxes = async (tx: Tx, visible: Visible): Promise<MailboxState[]> =>
  visible === 'all' ? mailboxStates(tx) : []

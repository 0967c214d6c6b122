/** What people see of the outbox. */
import type { Visible } from '#collector/access/visible.ts'
import {
  type AlertFilter,
  type AlertListPage,
  type AlertPlace,
  countAlerts,
  listAlerts,
  type ListedAlert,
} from '#collector/store/alert-lists.ts'
import { refusedCounts, waitingCounts } from '#collector/store/alert-views.ts'
import { allMailboxes } from '#collector/store/mailboxes.ts'
import type { Tx } from '#collector/store/schema.ts'

export type { ListedAlert }

export interface AlertsPage extends Omit<AlertListPage, 'filter'> {
  /** `words`: the number of an incident, as it is searched for. */
  readonly filter: Omit<AlertFilter, 'incident'> & { readonly words?: string }
}

export interface AlertList {
  readonly items: ListedAlert[]
  /** Of all pages together; 10,001 stands for more than 10,000. */
  readonly total: number
  /** Absent on the last page. */
  readonly next?: AlertPlace
}

const MOST_COUNTED = 10_001

/** Nothing for whom none is visible. */
export async function seenAlerts(tx: Tx, visible: Visible, { filter, ...page }: AlertsPage): Promise<AlertList> {
  const { words, ...rest } = filter
  if (visible === 'nothing') return { items: [], total: 0 }
  if (words !== undefined && !/^\d{1,9}$/.test(words)) return { items: [], total: 0 }
  const asked = { ...rest, ...(words !== undefined && { incident: Number(words) }) }
  const read = await listAlerts(tx, { ...page, filter: asked, limit: page.limit + 1 })
  const items = read.slice(0, page.limit)
  const last = read.length > page.limit ? items.at(-1) : undefined
  return {
    items,
    total: await countAlerts(tx, asked, MOST_COUNTED),
    ...(last && { next: { at: last.createdAt, number: last.id } }),
  }
}

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

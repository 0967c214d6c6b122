/** Alerts, mailboxes and mutes, as far as somebody may see them. */
import type { Visible } from '#collector/access/visible.ts'
import type { Tx } from '#collector/store/schema.ts'
import { alertPage, type ListedAlert, type MailboxState, mailboxStates } from './lists.ts'
import { type ListedMute, mutesInForce } from './mutes.ts'

export const seenAlerts = async (
  tx: Tx,
  visible: Visible,
  page: Parameters<typeof alertPage>[1],
): Promise<ListedAlert[]> => (visible === 'all' ? alertPage(tx, page) : [])

export const seenMailboxes = async (tx: Tx, visible: Visible): Promise<MailboxState[]> =>
  visible === 'all' ? mailboxStates(tx) : []

export const seenMutes = async (
  tx: Tx,
  visible: Visible,
  asked: Parameters<typeof mutesInForce>[1],
): Promise<ListedMute[]> => (visible === 'all' ? mutesInForce(tx, asked) : [])

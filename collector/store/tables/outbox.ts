/** What goes out to people. */
import type { Generated } from 'kysely'

/** A rule that alerts nobody on an endpoint until a date: noted and counted all the same. */
export interface MuteTable {
  id: Generated<number>
  rule: string
  endpoint_id: number
  until_at: number
  reason: string
  actor_name: string
  made_at: number
  /** When somebody ended it before its date. */
  lifted_at: number | null
}

/** The outbox: one row for each incident and mailbox, put in by the transaction that made it due. News coalesce into it. */
export interface AlertTable {
  id: Generated<number>
  incident_number: number
  mailbox: string
  state: 'waiting' | 'delivered' | 'refused' | 'dismissed'
  /** JSON, the reasons that are not told yet, in the order they came. */
  news: string
  /** The beginning of `news` that the mail under way tells, as the same JSON. It stays where nobody saw the end of an
   *  attempt: the next one is the same mail again. Null: none is under way. */
  telling: string | null
  /** Of the incident when the newest news came: 0 critical … 3 low. */
  severity: number
  /** When the oldest of the news came. */
  created_at: number
  /** Since when it could have gone out: since then, or since the end of the pause after the mail before. */
  due_at: number
  /** Not tried before; 0: at once, whatever the clock says. */
  next_at: number
  /** Mails that went out, and the severity that the last one, or the one under way, named. */
  sent: number
  sent_severity: number | null
  /** Attempts at the one that waits. */
  attempts: number
  delivered_at: number | null
  last_error: string | null
  /** The digest under way that tells it: id of its message. */
  digest: string | null
}

/** One destination of a channel: how the outbox stands with it. Made when it is first told something, or
 *  the configuration first names it; never deleted. */
export interface MailboxTable {
  mailbox: string
  /** Attempts in a row that did not go well; the next one not before. */
  failures: number
  next_at: number
  last_error: string | null
  /** Of all attempts those whose end nobody saw (a crash, a connection lost after DATA): each may have become a double. */
  unseen_attempts: number
  /** The digest under way: id of its message. */
  digest: string | null
  /** Local date of the newest daily mail that went out, or need not. */
  daily_for: string | null
}

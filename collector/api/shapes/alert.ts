/** The outbox, as the API shows it. */
import { Type, type Static } from 'typebox'
import { Severity } from '#shared/vocabulary/levels.ts'
import { closed, Count, CursorText, Limit, Millis, Moment, Name, reader, RowNumber, Searched } from './words.ts'

const AlertState = Type.Enum(['waiting', 'delivered', 'refused', 'dismissed'])

const asked = {
  state: Type.Optional(AlertState),
  mailbox: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  /** The number of an incident. */
  q: Type.Optional(Searched),
  /** By when the oldest of its news came: from that moment on, and before that one. */
  from: Type.Optional(Moment),
  to: Type.Optional(Moment),
  sort: Type.Optional(Type.Enum(['newest', 'oldest'])),
}
export const AlertQuery = Type.Object(
  { ...asked, before: Type.Optional(CursorText), limit: Type.Optional(Limit) },
  closed,
)
export type AlertQuery = Static<typeof AlertQuery>
export const AlertTableQuery = Type.Object({ ...asked, ...reader }, closed)

const AlertShape = Type.Object(
  {
    id: Type.Integer(),
    /** Id and number of the incident. */
    incident: Type.String(),
    number: Type.Integer(),
    department: Name,
    severity: Severity,
    mailbox: Name,
    state: AlertState,
    /** What is not told yet. */
    reasons: Type.Array(Name),
    createdAt: Millis,
    /** Due then. */
    nextAt: Millis,
    /** How many mails went out about it. */
    sent: Count,
    attempts: Count,
    deliveredAt: Type.Optional(Millis),
    lastError: Type.Optional(Name),
  },
  closed,
)
export type AlertView = Static<typeof AlertShape>

export const AlertPage = Type.Object(
  {
    /** What has not gone out, by mailbox. */
    mailboxes: Type.Array(
      Type.Object(
        {
          mailbox: Name,
          waiting: Count,
          refused: Count,
          /** Since when the oldest could have gone. */
          oldestAt: Type.Optional(Millis),
          /** Attempts in a row that did not go well. */
          failures: Count,
          /** What it said last. */
          lastError: Type.Optional(Name),
        },
        closed,
      ),
    ),
    /** Newest first. */
    items: Type.Array(AlertShape),
    /** Of all pages together; 10,001 stands for more than 10,000. */
    total: Count,
    next: Type.Optional(CursorText),
  },
  closed,
)
export type AlertPageView = Static<typeof AlertPage>

export const AlertId = Type.Object({ id: RowNumber }, closed)
const mailbox = { mailbox: Type.String({ minLength: 1, maxLength: 512 }) }
export const MailboxRequest = Type.Object(mailbox, closed)

/** How many were changed. `more`: there are further ones; ask again. */
export const AlertsDone = Type.Object({ alerts: Count, more: Type.Boolean() }, closed)

/** How the test went. */
export const TestDone = Type.Object(
  { outcome: Type.Enum(['delivered', 'retry', 'unseen', 'refused']), reason: Type.Optional(Name) },
  closed,
)
export type TestView = Static<typeof TestDone>

/** The outbox, as the API shows it. */
import { Type, type Static } from 'typebox'
import { Severity } from '#shared/vocabulary/levels.ts'
import { closed, Count, CursorText, Limit, Millis, Name, RowNumber } from './words.ts'

const AlertState = Type.Enum(['waiting', 'delivered', 'refused', 'dismissed'])

export const AlertQuery = Type.Object(
  { state: Type.Optional(AlertState), before: Type.Optional(CursorText), limit: Type.Optional(Limit) },
  closed,
)

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
    items: Type.Array(
      Type.Object(
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
      ),
    ),
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

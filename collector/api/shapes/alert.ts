/** The outbox, as the API shows it. */
import { Type, type Static } from 'typebox'
import { closed, Count, CursorText, Limit, Millis, Name } from './words.ts'

export const AlertQuery = Type.Object({ before: Type.Optional(CursorText), limit: Type.Optional(Limit) }, closed)

export const AlertPage = Type.Object(
  {
    /** What has not gone out, by channel. */
    channels: Type.Array(
      Type.Object(
        {
          channel: Name,
          waiting: Count,
          refused: Count,
          oldestAt: Type.Optional(Millis),
          /** What the channel said last. */
          lastError: Type.Optional(Name),
        },
        closed,
      ),
    ),
    /** Newest first. */
    items: Type.Array(
      Type.Object(
        {
          id: Name,
          incident: Type.String(),
          reason: Name,
          channel: Name,
          state: Type.Enum(['waiting', 'delivered', 'refused']),
          createdAt: Millis,
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

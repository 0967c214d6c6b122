/** What `/feed` takes, and how it ends when it ends by itself. */
import { Type, type Static } from 'typebox'
import { closed } from './words.ts'

/** Where one goes on: `feed` of a list, or the id of what came last, `<incarnation>.<revision>`. */
const FeedPlace = Type.String({ maxLength: 64 })
/** The header, which browsers send after a break, goes before `after`. */
export const FeedQuery = Type.Object({ after: Type.Optional(FeedPlace) }, closed)
export const FeedHeaders = Type.Object({ 'last-event-id': Type.Optional(FeedPlace) })

export const FeedEnd = Type.Object(
  { reason: Type.Enum(['too-slow', 'session-ended', 'shutting-down', 'failed']) },
  closed,
)
export type FeedEnd = Static<typeof FeedEnd>

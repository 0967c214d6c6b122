/** What `/feed` takes, and how it ends when it ends by itself. */
import { Type, type Static } from 'typebox'
import { closed } from './words.ts'

const Revision = Type.String({ pattern: '^[0-9]{1,15}$' })
/** `after`: the revision of the list one has; the header, which browsers send after a break, goes before it. */
export const FeedQuery = Type.Object({ after: Type.Optional(Revision) }, closed)
export const FeedHeaders = Type.Object({ 'last-event-id': Type.Optional(Revision) })

export const FeedEnd = Type.Object(
  { reason: Type.Enum(['too-slow', 'session-ended', 'shutting-down', 'failed']) },
  closed,
)
export type FeedEnd = Static<typeof FeedEnd>

/** What came and was not taken as it was, as the API shows it. */
import { Type, type Static } from 'typebox'
import { closed, Count, CursorText, Limit, Millis, Moment, Name } from './words.ts'

/** `refused`: messages, of which the newest 10,000 are kept. `quarantined`: entries that were proved and not understood.
 *  `forked`: logs of which there are two where there can be one. `broken`: logs whose beginning is not what the log before
 *  it ended with. */
const FaultKind = Type.Enum(['refused', 'quarantined', 'forked', 'broken'])

export const FaultQuery = Type.Object(
  {
    of: FaultKind,
    /** Of refusals: since that moment. */
    since: Type.Optional(Moment),
    before: Type.Optional(CursorText),
    limit: Type.Optional(Limit),
  },
  closed,
)

/** The newest first; what there is besides depends on what it is. */
export const FaultPage = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          id: Type.Integer(),
          at: Type.Optional(Millis),
          endpoint: Type.Optional(Name),
          agent: Type.Optional(Type.String()),
          epoch: Type.Optional(Type.String()),
          index: Type.Optional(Type.Integer()),
          code: Type.Optional(Name),
          detail: Type.Optional(Name),
          peer: Type.Optional(Name),
          times: Type.Optional(Count),
          expected: Type.Optional(Name),
          given: Type.Optional(Name),
        },
        closed,
      ),
    ),
    total: Count,
    next: Type.Optional(CursorText),
  },
  closed,
)
export type FaultPageView = Static<typeof FaultPage>

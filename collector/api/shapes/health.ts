/** What is not well with the collector and what came that it could not take, as the API shows it. */
import { Type, type Static } from 'typebox'
import { ConditionShape } from './endpoint.ts'
import { closed, Count, Millis, Name } from './words.ts'

export const HealthShape = Type.Object(
  {
    conditions: Type.Array(ConditionShape),
    /** Entries that were proved and not understood: stored as they came, and read again by the next version. */
    quarantined: Count,
    refusals: Type.Object(
      {
        /** Messages refused in the last 24 hours, of the newest 10,000. */
        lastDay: Count,
        /** The newest first, at most 50. */
        newest: Type.Array(
          Type.Object(
            {
              at: Millis,
              code: Name,
              detail: Name,
              peer: Name,
              agent: Type.Optional(Type.String()),
              epoch: Type.Optional(Type.String()),
              from: Type.Optional(Type.Integer()),
            },
            closed,
          ),
        ),
      },
      closed,
    ),
    /** Logs of which there are two where there can be one: a clone or a restored disk. The newest first, at most 50. */
    forks: Type.Array(
      Type.Object(
        {
          agent: Type.String(),
          epoch: Type.String(),
          /** Of the half that was refused, which is kept: when it came first, where it differs, and how often it came. */
          at: Type.Optional(Millis),
          index: Type.Optional(Type.Integer()),
          times: Type.Optional(Count),
        },
        closed,
      ),
    ),
    /** Logs whose beginning is not what the log before it ended with. The newest first, at most 50. */
    successions: Type.Array(
      Type.Object({ agent: Type.String(), epoch: Type.String(), expected: Name, given: Name }, closed),
    ),
  },
  closed,
)
export type HealthView = Static<typeof HealthShape>

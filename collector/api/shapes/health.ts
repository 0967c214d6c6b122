/** What is not well with the collector and what came that it could not take, as the API shows it. */
import { Type, type Static } from 'typebox'
import { Level } from '#shared/vocabulary/levels.ts'
import { ConditionShape } from './endpoint.ts'
import { closed, Count, Millis } from './words.ts'

export const HealthShape = Type.Object(
  {
    /** Of what is held here: the configured one, else the highest of the confirmed endpoints. */
    level: Level,
    conditions: Type.Array(ConditionShape),
    /** How many there are; `/faults` lists them. */
    faults: Type.Object(
      {
        quarantined: Count,
        /** Messages refused since then, of the newest 10,000. */
        refused: Type.Object({ count: Count, since: Millis }, closed),
        forked: Count,
        broken: Count,
      },
      closed,
    ),
  },
  closed,
)
export type HealthView = Static<typeof HealthShape>

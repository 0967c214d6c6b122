/** `/health`: the collector's own conditions, and what it refused, set aside or saw twice. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Condition } from '#shared/wire/messages.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Store } from '#collector/store/database.ts'
import { forkedAgents } from '#collector/store/logs.ts'
import { countQuarantined } from '#collector/store/quarantine.ts'
import { countRefusalsSince, listRefusals, type RefusalRow } from '#collector/store/refusals.ts'
import { allow } from './guard.ts'
import { HealthShape } from './shapes/health.ts'

const SHOWN = 50
const DAY_MS = 86_400_000

export interface HealthParts {
  readonly store: Store
  readonly clock: Clock
  readonly conditions: () => readonly Condition[]
}

export const collectorHealthRoutes =
  ({ store: { db }, clock, conditions }: HealthParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/health', {
      schema: { response: { 200: HealthShape } },
      config: allow('health.read'),
      handler: async () => ({
        conditions: [...conditions()],
        quarantined: await countQuarantined(db),
        refusals: {
          lastDay: await countRefusalsSince(db, clock.wall() - DAY_MS),
          newest: (await listRefusals(db, SHOWN)).map(refusalView),
        },
        forked: await forkedAgents(db),
      }),
    })
  }

const refusalView = ({ at, code, detail, peer, agent, epoch, from_idx: from }: RefusalRow) => ({
  at,
  code,
  detail,
  peer,
  ...(agent !== null && { agent }),
  ...(epoch !== null && { epoch }),
  ...(from !== null && { from }),
})

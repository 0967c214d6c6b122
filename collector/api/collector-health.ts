/** `/health`: the collector's own conditions, and what it refused, set aside or saw twice. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Condition } from '#shared/wire/messages.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Access } from '#collector/access/acting.ts'
import { visibleTo } from '#collector/access/visible.ts'
import { type Faults, faultsOf } from '#collector/incidents/faults.ts'
import { allow, callerOf } from './guard.ts'
import { HealthShape } from './shapes/health.ts'

export interface CollectorHealthParts {
  readonly access: Access
  readonly clock: Clock
  readonly conditions: () => readonly Condition[]
}

export const collectorHealthRoutes =
  ({ access, clock, conditions }: CollectorHealthParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/health', {
      schema: { response: { 200: HealthShape } },
      config: allow('health.read'),
      handler: async (request) => {
        const actor = callerOf(request)
        const faults = await access.ask(actor, (tx) => faultsOf(tx, visibleTo(actor), clock.wall()))
        const { quarantined, refusals, forks, successions } = faults
        return {
          conditions: [...conditions()],
          quarantined,
          refusals: { lastDay: refusals.lastDay, newest: refusals.newest.map(refusalView) },
          forks: forks.map(forkView),
          successions: [...successions],
        }
      },
    })
  }

const forkView = ({ agent, epoch, at, index, times }: Faults['forks'][number]) => ({
  agent,
  epoch,
  ...(at !== null && { at }),
  ...(index !== null && { index }),
  ...(times !== null && { times }),
})

const refusalView = ({
  at,
  code,
  detail,
  peer,
  agent,
  epoch,
  from_idx: from,
}: Faults['refusals']['newest'][number]) => ({
  at,
  code,
  detail,
  peer,
  ...(agent !== null && { agent }),
  ...(epoch !== null && { epoch }),
  ...(from !== null && { from }),
})

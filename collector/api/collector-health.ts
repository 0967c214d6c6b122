/** `/health`: the level of what is held here, the collector's own conditions, and how much it refused, set aside or saw twice.
 *  `/faults`: which that was. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Level } from '#shared/vocabulary/levels.ts'
import type { Condition } from '#shared/wire/messages.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Access } from '#collector/access/acting.ts'
import { visibleTo } from '#collector/access/visible.ts'
import { countFaults, type Fault, listFaults } from '#collector/incidents/faults.ts'
import { levelHere } from '#collector/ledgers/level.ts'
import { conditionView } from './condition-view.ts'
import { readPlace, writePlace } from './cursor.ts'
import { allow, callerOf } from './guard.ts'
import { FaultPage, FaultQuery } from './shapes/fault.ts'
import { HealthShape } from './shapes/health.ts'

export interface CollectorHealthParts {
  readonly access: Access
  readonly clock: Clock
  /** As it is configured; absent: the highest of the endpoints. */
  readonly level?: Level
  readonly conditions: () => readonly Condition[]
}

export const collectorHealthRoutes =
  ({ access, clock, level, conditions }: CollectorHealthParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/health', {
      schema: { response: { 200: HealthShape } },
      config: allow('health.read'),
      handler: async (request) => {
        const actor = callerOf(request)
        return access.ask(actor, async (tx) => ({
          level: await levelHere(tx, level),
          conditions: conditions().map(conditionView),
          faults: await countFaults(tx, visibleTo(actor), clock.wall()),
        }))
      },
    })

    app.get('/faults', {
      schema: { querystring: FaultQuery, response: { 200: FaultPage } },
      config: allow('health.read'),
      handler: async (request) => {
        const { of, since = 0, before, limit = 50 } = request.query
        const page = { of, since, limit, ...(before !== undefined && { before: readPlace(before) }) }
        const actor = callerOf(request)
        const { items, total, next } = await access.ask(actor, (tx) => listFaults(tx, visibleTo(actor), page))
        return { items: items.map(faultView), total, ...(next && { next: writePlace(next) }) }
      },
    })
  }

const faultView = ({ id, at, endpoint, agent, epoch, index, code, detail, peer, times, expected, given }: Fault) => ({
  id,
  ...there({ at, index, times }),
  ...there({ endpoint, agent, epoch, code, detail, peer, expected, given }),
})

/** Without what there is not. */
const there = <T extends string | number>(fields: Readonly<Record<string, T | null | undefined>>): Record<string, T> =>
  Object.fromEntries(Object.entries(fields).filter((field): field is [string, T] => field[1] != null))

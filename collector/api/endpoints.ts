/** `/endpoints`: which are connected, or since when not, how they are, and how many that is. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { visibleTo } from '#collector/access/visible.ts'
import type { Access, Actor, Tx } from '#collector/access/acting.ts'
import { type EndpointLine, listEndpoints } from '#collector/ledgers/endpoint-list.ts'
import { countsOf, pageOf } from './endpoint-lists.ts'
import { endpointView } from './endpoint-view.ts'
import { allow, callerOf } from './guard.ts'
import { EndpointCounts, EndpointList, EndpointQuery, EndpointTableQuery } from './shapes/endpoint.ts'
import { endpointTable } from './tables/endpoints.ts'
import { exportOf, ROWS_AT_ONCE, sendTable } from './tables/export.ts'

const read = (tx: Tx, actor: Actor, retired = false): Promise<EndpointLine[]> =>
  listEndpoints(tx, visibleTo(actor), { retired })

export const endpointRoutes =
  (access: Access, clock: Clock): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/endpoints', {
      schema: { querystring: EndpointQuery, response: { 200: EndpointList } },
      config: allow('endpoints.read'),
      handler: async (request) => {
        const { retired, ...asked } = request.query
        const actor = callerOf(request)
        const lines = await access.ask(actor, (tx) => read(tx, actor, retired === 'true'))
        return pageOf(lines.map(endpointView), asked)
      },
    })

    app.get('/endpoints/counts', {
      schema: { response: { 200: EndpointCounts } },
      config: allow('endpoints.read'),
      handler: async (request) => {
        const actor = callerOf(request)
        const lines = await access.ask(actor, (tx) => read(tx, actor))
        return countsOf(lines.map(endpointView))
      },
    })

    app.get('/endpoints.csv', {
      schema: { querystring: EndpointTableQuery, produces: ['text/csv'] },
      config: allow('endpoints.read'),
      handler: async (request, reply) => {
        const { language, zone, ...filters } = request.query
        const { retired, ...asked } = filters
        const actor = callerOf(request)
        const page = (lines: readonly EndpointLine[], before?: string) =>
          pageOf(lines.map(endpointView), { ...asked, limit: ROWS_AT_ONCE, ...(before !== undefined && { before }) })
        const lines = await access.act(
          actor,
          (all: EndpointLine[]) => exportOf({ kind: 'endpoint', id: 'list' }, page(all), filters),
          (tx) => read(tx, actor, retired === 'true'),
        )
        const more = async (before: string) => page(lines, before)
        return sendTable(reply, endpointTable, { language, zone, first: page(lines), more, now: clock.wall() })
      },
    })
  }

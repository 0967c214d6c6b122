/** `/endpoints`: which are connected, or since when not, how they are, and which rules alert nobody there. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { visibleTo } from '#collector/access/visible.ts'
import type { Access } from '#collector/access/acting.ts'
import { listEndpoints } from '#collector/ledgers/endpoint-list.ts'
import { endpointView } from './endpoint-view.ts'
import { allow, callerOf } from './guard.ts'
import { EndpointList, EndpointQuery } from './shapes/endpoint.ts'

export const endpointRoutes =
  (access: Access): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/endpoints', {
      schema: { querystring: EndpointQuery, response: { 200: EndpointList } },
      config: allow('endpoints.read'),
      handler: async (request) => {
        const actor = callerOf(request)
        const retired = request.query.retired === 'true'
        const lines = await access.ask(actor, (tx) => listEndpoints(tx, visibleTo(actor), { retired }))
        return { items: lines.map(endpointView) }
      },
    })
  }

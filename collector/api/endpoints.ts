/** `/endpoints`: which are connected, or since when not, and how they are. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Store } from '#collector/store/database.ts'
import { listEndpoints } from '#collector/store/endpoints.ts'
import { endpointView } from './endpoint-view.ts'
import { allow } from './guard.ts'
import { EndpointList } from './shapes/endpoint.ts'

export const endpointRoutes =
  ({ db }: Store): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/endpoints', {
      schema: { response: { 200: EndpointList } },
      config: allow('endpoints.read'),
      handler: async () => ({ items: (await listEndpoints(db)).map(endpointView) }),
    })
  }

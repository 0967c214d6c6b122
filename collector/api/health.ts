/** What programs ask: is it up (`/healthz`), how is it (`/metrics`), what can be asked (`/openapi.json`). */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { allow } from './guard.ts'

export const healthRoutes =
  (metrics: () => string | Promise<string>): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/healthz', {
      schema: { response: { 200: Type.Object({ status: Type.Literal('ok') }, { additionalProperties: false }) } },
      config: allow('anyone'),
      handler: async () => ({ status: 'ok' as const }),
    })
    app.get('/metrics', {
      schema: { produces: ['text/plain'] },
      config: allow('anyone'),
      handler: async (_request, reply) => reply.type('text/plain; version=0.0.4').send(await metrics()),
    })
    app.get('/openapi.json', {
      schema: { hide: true },
      config: allow('openapi.read'),
      handler: async () => app.swagger(),
    })
  }

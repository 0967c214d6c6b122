/** What programs ask: is it up (`/healthz`), how is it (`/metrics`), what can be asked (`/openapi.json`). */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { allow } from './guard.ts'

export interface HealthParts {
  /** The code of what keeps the collector from taking anything. */
  readonly health: () => string | undefined
  readonly metrics: () => string | Promise<string>
}

const closed = { additionalProperties: false }

export const healthRoutes =
  ({ health, metrics }: HealthParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/healthz', {
      schema: {
        response: {
          200: Type.Object({ status: Type.Literal('ok') }, closed),
          503: Type.Object({ status: Type.Literal('failing'), reason: Type.String() }, closed),
        },
      },
      config: allow('anyone'),
      handler: async (_request, reply) => {
        const reason = health()
        if (reason === undefined) return { status: 'ok' as const }
        return reply.code(503).send({ status: 'failing' as const, reason })
      },
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

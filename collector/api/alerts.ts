/** `/alerts`: what waits in the outbox and why, and what went out. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { newestAlerts, waitingCounts } from '#collector/store/alerts.ts'
import type { Store } from '#collector/store/database.ts'
import { readPlace, writePlace } from './cursor.ts'
import { allow } from './guard.ts'
import { AlertPage, AlertQuery } from './shapes/alert.ts'

export const alertRoutes =
  ({ db }: Store): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/alerts', {
      schema: { querystring: AlertQuery, response: { 200: AlertPage } },
      config: allow('alerts.read'),
      handler: async ({ query: { before, limit = 50 } }) => {
        const counts = await waitingCounts(db)
        const rows = await newestAlerts(db, { ...(before !== undefined && { before: readPlace(before) }), limit })
        const last = rows.length === limit ? rows.at(-1) : undefined
        return {
          channels: counts.map(({ channel, waiting, refused, oldestAt, lastError }) => ({
            channel,
            waiting,
            refused,
            ...(oldestAt !== null && { oldestAt }),
            ...(lastError !== null && { lastError }),
          })),
          items: rows.map((row) => ({
            id: row.id,
            incident: row.incident_id,
            reason: row.reason,
            channel: row.channel,
            state: row.state,
            createdAt: row.created_at,
            attempts: row.attempts,
            ...(row.delivered_at !== null && { deliveredAt: row.delivered_at }),
            ...(row.last_error !== null && { lastError: row.last_error }),
          })),
          ...(last !== undefined && { next: writePlace(last.created_at, last.id) }),
        }
      },
    })
  }

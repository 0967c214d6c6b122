/** `/events`: the newest events of all endpoints. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { readStored } from '#collector/incidents/timeline.ts'
import type { Store } from '#collector/store/database.ts'
import { newestEvents } from '#collector/store/timeline.ts'
import { readNumber } from './cursor.ts'
import { eventView } from './event-view.ts'
import { allow } from './guard.ts'
import { EventPage, EventQuery } from './shapes/event.ts'

export const eventRoutes =
  ({ db }: Store): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/events', {
      schema: { querystring: EventQuery, response: { 200: EventPage } },
      config: allow('events.read'),
      handler: async ({ query: { before, limit = 50 } }) => {
        const rows = await newestEvents(db, { ...(before !== undefined && { before: readNumber(before) }), limit })
        const last = rows.length === limit ? rows.at(-1) : undefined
        return {
          items: rows.map((row) => eventView(readStored(row))),
          ...(last !== undefined && { next: String(last.id) }),
        }
      },
    })
  }

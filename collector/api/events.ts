/** `/events`: the newest events of all endpoints. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Access } from '#collector/access/acting.ts'
import { visibleTo } from '#collector/access/visible.ts'
import { newestEvents } from '#collector/incidents/timeline.ts'
import { readNumber } from './cursor.ts'
import { eventView } from './event-view.ts'
import { allow, callerOf } from './guard.ts'
import { EventPage, EventQuery } from './shapes/event.ts'

export const eventRoutes =
  (access: Access): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/events', {
      schema: { querystring: EventQuery, response: { 200: EventPage } },
      config: allow('events.read'),
      handler: async (request) => {
        const { before, limit = 50 } = request.query
        const page = { ...(before !== undefined && { before: readNumber(before) }), limit }
        const actor = callerOf(request)
        const { entries, next } = await access.ask(actor, (tx) => newestEvents(tx, visibleTo(actor), page))
        return { items: entries.map(eventView), ...(next && { next: String(next.id) }) }
      },
    })
  }

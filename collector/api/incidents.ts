/** `/incidents/:id`: all that is known of one, and its timeline. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Access, Tx } from '#collector/access/acting.ts'
import type { Views } from '#collector/access/views.ts'
import { visibleTo } from '#collector/access/visible.ts'
import { incidentById } from '#collector/incidents/lists.ts'
import { timeline } from '#collector/incidents/timeline.ts'
import type { RuleTexts } from '#collector/policy/clauses.ts'
import { readEventPlace, writeEventPlace } from './cursor.ts'
import { eventView } from './event-view.ts'
import { allow, callerOf, sessionOf } from './guard.ts'
import { incidentView } from './incident-view.ts'
import { Problem } from './problem.ts'
import { EventPage } from './shapes/event.ts'
import { DetailQuery, IncidentId, IncidentShape, TimelineQuery, TimelineTableQuery } from './shapes/incident.ts'
import { eventTable } from './tables/events.ts'
import { exportOf, ROWS_AT_ONCE, sendTable } from './tables/export.ts'

export const noIncident = (id: string): Problem => new Problem('not-found', `There is no incident ${id}.`)

/** Whose look at which incident it is. */
export const viewOf = (request: FastifyRequest<{ Params: { id: string }; Querystring: { opening?: string } }>) => ({
  subject: { kind: 'incident', id: request.params.id },
  session: sessionOf(request).hash,
  opening: request.query.opening,
})

export interface IncidentParts {
  readonly access: Access
  readonly clock: Clock
  readonly views: Views
  readonly texts: RuleTexts
}

export const incidentRoutes =
  ({ access, views, texts, clock }: IncidentParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/incidents/:id', {
      schema: { params: IncidentId, querystring: DetailQuery, response: { 200: IncidentShape } },
      config: allow('incidents.read'),
      handler: async (request) => {
        const { id } = request.params
        const actor = callerOf(request)
        return views.see(actor, viewOf(request), async (tx) => {
          const incident = await incidentById(tx, visibleTo(actor), id)
          if (incident === undefined) throw noIncident(id)
          return incidentView(incident, texts)
        })
      },
    })

    app.get('/incidents/:id/events', {
      schema: { params: IncidentId, querystring: TimelineQuery, response: { 200: EventPage } },
      config: allow('incidents.read'),
      handler: async (request) => {
        const { id } = request.params
        const { after, limit = 50 } = request.query
        const page = { ...(after !== undefined && { after: readEventPlace(after) }), limit }
        const actor = callerOf(request)
        return views.see(actor, viewOf(request), async (tx) => {
          const incident = await incidentById(tx, visibleTo(actor), id)
          if (incident === undefined) throw noIncident(id)
          const { entries, next } = await timeline(tx, visibleTo(actor), incident, page)
          return { items: entries.map(eventView), ...(next && { next: writeEventPlace(next) }) }
        })
      },
    })

    app.get('/incidents/:id/events.csv', {
      schema: { params: IncidentId, querystring: TimelineTableQuery, produces: ['text/csv'] },
      config: allow('incidents.read'),
      handler: async (request, reply) => {
        const { id } = request.params
        const actor = callerOf(request)
        const read = async (tx: Tx, after?: string) => {
          const incident = await incidentById(tx, visibleTo(actor), id)
          if (incident === undefined) throw noIncident(id)
          const page = { limit: ROWS_AT_ONCE, ...(after !== undefined && { after: readEventPlace(after) }) }
          const { entries, next } = await timeline(tx, visibleTo(actor), incident, page)
          const total = incident.incident.events
          return { items: entries.map(eventView), total, ...(next && { next: writeEventPlace(next) }) }
        }
        const about = (page: { total: number }) => exportOf({ kind: 'timeline', id }, page, {})
        const first = await access.act(actor, about, (tx) => read(tx))
        const more = (after: string) => access.ask(actor, (tx) => read(tx, after))
        return sendTable(reply, eventTable, { ...request.query, first, more, now: clock.wall() })
      },
    })
  }

/** `/incidents`: the list, one with all that is known of it, its events, and how many wait. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { severities, type Severity } from '#shared/vocabulary/levels.ts'
import type { Access } from '#collector/access/acting.ts'
import type { Views } from '#collector/access/views.ts'
import { visibleTo } from '#collector/access/visible.ts'
import { countWaiting, incidentById, listIncidents, WAITING } from '#collector/incidents/lists.ts'
import { timeline } from '#collector/incidents/timeline.ts'
import { readEventPlace, readPlace, writeEventPlace, writeFeedPlace, writePlace } from './cursor.ts'
import { eventView } from './event-view.ts'
import { allow, callerOf, sessionOf } from './guard.ts'
import { incidentView, type Texts } from './incident-view.ts'
import { Problem } from './problem.ts'
import { EventPage } from './shapes/event.ts'
import {
  DetailQuery,
  IncidentId,
  IncidentPage,
  IncidentQuery,
  IncidentShape,
  OpenCounts,
  TimelineQuery,
} from './shapes/incident.ts'

const severityAt = (rank: number): Severity => severities[rank] ?? 'low'

export const noIncident = (id: string): Problem => new Problem('not-found', `There is no incident ${id}.`)

/** Whose look at which incident it is. */
export const viewOf = (request: FastifyRequest<{ Params: { id: string }; Querystring: { opening?: string } }>) => ({
  subject: { kind: 'incident', id: request.params.id },
  session: sessionOf(request).hash,
  opening: request.query.opening,
})

export interface IncidentParts {
  readonly access: Access
  readonly views: Views
  readonly texts: Texts
}

export const incidentRoutes =
  ({ access, views, texts }: IncidentParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/incidents', {
      schema: { querystring: IncidentQuery, response: { 200: IncidentPage } },
      config: allow('incidents.read'),
      handler: async (request) => {
        const { order = 'happened', severity, stage, before, limit = 50, ...filter } = request.query
        const page = {
          order,
          filter: {
            ...filter,
            ...(severity !== undefined && { severity: severities.indexOf(severity) }),
            ...(stage !== undefined && { stages: stage === 'waiting' ? WAITING : [stage] }),
          },
          ...(before !== undefined && { before: readPlace(before) }),
          limit,
        }
        const actor = callerOf(request)
        const { items, total, place, next } = await access.ask(actor, (tx) => listIncidents(tx, visibleTo(actor), page))
        return {
          items: items.map((item) => incidentView(item, texts)),
          total,
          revision: place.revision,
          feed: writeFeedPlace(place),
          ...(next && { next: writePlace(next) }),
        }
      },
    })

    app.get('/incidents/counts', {
      schema: { response: { 200: OpenCounts } },
      config: allow('incidents.read'),
      handler: async (request) => {
        const actor = callerOf(request)
        const counts = await access.ask(actor, (tx) => countWaiting(tx, visibleTo(actor)))
        return { items: counts.map((row) => ({ ...row, severity: severityAt(row.severity) })) }
      },
    })

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
  }

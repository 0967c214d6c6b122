/** `/incidents`: the list, one with all that is known of it, its events, and how many are open. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { severities, type Severity } from '#shared/vocabulary/levels.ts'
import { timeline } from '#collector/incidents/timeline.ts'
import type { Store } from '#collector/store/database.ts'
import type { Db } from '#collector/store/schema.ts'
import { incidentById, type IncidentRow, listIncidents, nextRevision, openCounts } from '#collector/store/incidents.ts'
import { readNumber, readPlace, writePlace } from './cursor.ts'
import { eventView } from './event-view.ts'
import { allow } from './guard.ts'
import { incidentView, type Texts } from './incident-view.ts'
import { Problem } from './problem.ts'
import { EventPage, TimelineQuery } from './shapes/event.ts'
import { IncidentId, IncidentPage, IncidentQuery, IncidentShape, OpenCounts } from './shapes/incident.ts'

const severityAt = (index: number): Severity => severities[index] ?? 'low'

async function incidentOrProblem(db: Db, id: string): Promise<IncidentRow> {
  const row = await incidentById(db, id)
  if (row === undefined) throw new Problem('not-found', `There is no incident ${id}.`)
  return row
}

export const incidentRoutes =
  ({ db }: Store, texts: Texts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/incidents', {
      schema: { querystring: IncidentQuery, response: { 200: IncidentPage } },
      config: allow('incidents.read'),
      handler: async ({ query: { department, kind, severity, before, limit = 50 } }) => {
        const revision = (await nextRevision(db)) - 1 // first: what changes meanwhile comes again by the feed
        const cursor = before === undefined ? undefined : readPlace(before)
        const rows = await listIncidents(db, {
          ...(department !== undefined && { department }),
          ...(kind !== undefined && { kind }),
          ...(severity !== undefined && { severity: severities.indexOf(severity) }),
          ...(cursor !== undefined && { before: { openedAt: cursor.at, id: cursor.id } }),
          limit,
        })
        const items = await Promise.all(rows.map((row) => incidentView(db, row, texts)))
        const last = rows.length === limit ? rows.at(-1) : undefined
        return { items, revision, ...(last !== undefined && { next: writePlace(last.opened_at, last.id) }) }
      },
    })

    app.get('/incidents/counts', {
      schema: { response: { 200: OpenCounts } },
      config: allow('incidents.read'),
      handler: async () => ({
        items: (await openCounts(db)).map((row) => ({ ...row, severity: severityAt(row.severity) })),
      }),
    })

    app.get('/incidents/:id', {
      schema: { params: IncidentId, response: { 200: IncidentShape } },
      config: allow('incidents.read'),
      handler: async ({ params: { id } }) => incidentView(db, await incidentOrProblem(db, id), texts),
    })

    app.get('/incidents/:id/events', {
      schema: { params: IncidentId, querystring: TimelineQuery, response: { 200: EventPage } },
      config: allow('incidents.read'),
      handler: async ({ params: { id }, query: { after, limit = 50 } }) => {
        const row = await incidentOrProblem(db, id)
        const page = { ...(after !== undefined && { after: readNumber(after) }), limit }
        const { entries, next } = await timeline(db, row, page)
        return { items: entries.map(eventView), ...(next !== undefined && { next: String(next) }) }
      },
    })
  }

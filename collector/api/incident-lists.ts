/** `/incidents`: the list, how many wait, and the list as a file. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { severities, type Severity } from '#shared/vocabulary/levels.ts'
import type { Access, Actor, Tx } from '#collector/access/acting.ts'
import { visibleTo } from '#collector/access/visible.ts'
import {
  countWaiting,
  FoundTooManyError,
  type IncidentList,
  listIncidents,
  WAITING,
} from '#collector/incidents/lists.ts'
import type { RuleTexts } from '#collector/policy/clauses.ts'
import { readPlace, writeFeedPlace, writePlace } from './cursor.ts'
import { allow, callerOf } from './guard.ts'
import { incidentView } from './incident-view.ts'
import { Problem } from './problem.ts'
import { IncidentPage, IncidentQuery, IncidentTableQuery, OpenCounts } from './shapes/incident.ts'
import { exportOf, ROWS_AT_ONCE, sendTable } from './tables/export.ts'
import { incidentTable } from './tables/incidents.ts'

const severityAt = (rank: number): Severity => severities[rank] ?? 'low'

/** As it is asked for; a search that means too much is the caller's to mend. */
async function read(tx: Tx, actor: Actor, query: IncidentQuery): Promise<IncidentList> {
  const { order = 'happened', sort = 'newest', severity, stage, q, before, limit = 50, ...filter } = query
  const page = {
    order,
    sort,
    filter: {
      ...filter,
      ...(severity !== undefined && { severity: severities.indexOf(severity) }),
      ...(stage !== undefined && { stages: stage === 'waiting' ? WAITING : [stage] }),
      ...(q !== undefined && { words: q.trim() }),
    },
    ...(before !== undefined && { before: readPlace(before) }),
    limit,
  }
  try {
    return await listIncidents(tx, visibleTo(actor), page)
  } catch (error) {
    if (error instanceof FoundTooManyError) throw new Problem('too-broad', error.message)
    throw error
  }
}

export interface IncidentListParts {
  readonly access: Access
  readonly clock: Clock
  readonly texts: RuleTexts
}

const pageOf = ({ items, total, next }: IncidentList, texts: RuleTexts) => ({
  items: items.map((item) => incidentView(item, texts)),
  total,
  ...(next && { next: writePlace(next) }),
})

export const incidentListRoutes =
  ({ access, clock, texts }: IncidentListParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/incidents', {
      schema: { querystring: IncidentQuery, response: { 200: IncidentPage } },
      config: allow('incidents.read'),
      handler: async (request) => {
        const actor = callerOf(request)
        const list = await access.ask(actor, (tx) => read(tx, actor, request.query))
        return { ...pageOf(list, texts), revision: list.place.revision, feed: writeFeedPlace(list.place) }
      },
    })

    app.get('/incidents.csv', {
      schema: { querystring: IncidentTableQuery, produces: ['text/csv'] },
      config: allow('incidents.read'),
      handler: async (request, reply) => {
        const { language, zone, ...asked } = request.query
        const actor = callerOf(request)
        const page = { ...asked, limit: ROWS_AT_ONCE }
        const first = await access.act(
          actor,
          (list: IncidentList) => exportOf({ kind: 'incident', id: 'list' }, list, asked),
          (tx) => read(tx, actor, page),
        )
        const more = async (before: string) =>
          pageOf(await access.ask(actor, (tx) => read(tx, actor, { ...page, before })), texts)
        return sendTable(reply, incidentTable, { language, zone, first: pageOf(first, texts), more, now: clock.wall() })
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
  }

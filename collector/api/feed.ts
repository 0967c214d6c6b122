/** `/feed`: what changes, as it changes (server-sent events, WHATWG HTML §9.2). An `incident` carries the whole incident and
 *  the revision as its id; whoever comes back with it as Last-Event-ID gets everything since. An `endpoint` has no id: after
 *  a break one reads the list anew. `end` says why the collector ends it. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Sessions } from '#collector/access/sessions.ts'
import type { Live } from '#collector/live.ts'
import type { Store } from '#collector/store/database.ts'
import { endpointById } from '#collector/store/endpoints.ts'
import { incidentsSince, nextRevision } from '#collector/store/incidents.ts'
import { endpointView } from './endpoint-view.ts'
import { type FeedSource, writeFeed } from './feed-writer.ts'
import type { ApiLog } from './log.ts'
import { allow, COOKIE } from './guard.ts'
import { incidentView, type Texts } from './incident-view.ts'
import { outlet } from './outlet.ts'
import { Problem } from './problem.ts'
import { EndpointShape } from './shapes/endpoint.ts'
import { FeedHeaders, FeedQuery } from './shapes/feed.ts'
import { IncidentShape } from './shapes/incident.ts'

/** Open pages of all people together; with more, the next is told to come back. */
const MAX_CLIENTS = 64

/** To take the last word; then the socket goes. */
const LAST_WORD_MS = 10_000

export interface FeedParts {
  readonly store: Store
  readonly sessions: Sessions
  readonly texts: Texts
  readonly live: Live
  readonly clock: Clock
  readonly log: ApiLog
}

export const feedRoutes =
  ({ store: { db }, sessions, texts, live, clock, log }: FeedParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const stopping = new AbortController()
    const open = new Set<Promise<void>>()
    app.addHook('preClose', async () => {
      stopping.abort()
      await Promise.all(open)
    })

    app.get('/feed', {
      schema: { querystring: FeedQuery, headers: FeedHeaders, produces: ['text/event-stream'] },
      config: allow('incidents.read'),
      handler: async (request, reply) => {
        if (open.size >= MAX_CLIENTS)
          throw new Problem('unavailable', `${MAX_CLIENTS} pages are open already; close one.`, {
            retryAfterSeconds: 30,
          })
        const after = request.headers['last-event-id'] ?? request.query.after
        const from = after === undefined ? (await nextRevision(db)) - 1 : Number(after)
        const writeIncident = reply.compileSerializationSchema({ ...IncidentShape })
        const writeEndpoint = reply.compileSerializationSchema({ ...EndpointShape })
        const source: FeedSource = {
          async incidentsSince(revision, limit) {
            const rows = await incidentsSince(db, revision, limit)
            const views = await Promise.all(rows.map((row) => incidentView(db, row, texts)))
            return views.map((view) => ({ revision: view.revision, json: writeIncident(view) }))
          },
          async endpoint(id) {
            const row = await endpointById(db, Number(id))
            return row && writeEndpoint(endpointView(row))
          },
          mayStay: async () => (await sessions.byCookie(request.cookies[COOKIE] ?? '')) !== undefined,
        }

        reply.hijack()
        for (const [name, value] of Object.entries(reply.getHeaders()))
          if (value !== undefined) reply.raw.setHeader(name, value)
        reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
        const serve = async (): Promise<void> => {
          const out = outlet(reply.raw, clock)
          const reason = await writeFeed(out, from, { source, live, clock }, stopping.signal).catch(
            (error: unknown) => {
              log.error('The feed of one client failed', { error: String(error) })
              return 'failed' as const
            },
          )
          reply.raw.end(reason === 'left' ? '' : `event: end\ndata: ${JSON.stringify({ reason })}\n\n`)
          reply.raw.setTimeout(LAST_WORD_MS, () => reply.raw.destroy())
        }
        const served = serve().finally(() => open.delete(served))
        open.add(served)
      },
    })
  }

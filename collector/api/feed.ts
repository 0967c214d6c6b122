/** `/feed`: what changes, as it changes (server-sent events, WHATWG HTML §9.2). An `incident` carries the whole incident; its
 *  id is the place in this life of the store, and whoever comes back with it as Last-Event-ID gets everything since. Whoever
 *  comes with a place of another life (a restored store) gets `reset` first, and reads its lists anew. An `endpoint` has no
 *  id: after a break one reads the list anew. `beat` comes where nothing else does, so that silence tells of a broken line.
 *  `end` says why the collector ends it. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Access } from '#collector/access/acting.ts'
import { isOn, type Sessions } from '#collector/access/sessions.ts'
import { visibleTo } from '#collector/access/visible.ts'
import { changedSince, feedPlace } from '#collector/incidents/lists.ts'
import { endpointById } from '#collector/ledgers/endpoint-list.ts'
import type { LiveChange, Live } from '#collector/live.ts'
import type { RuleTexts } from '#collector/policy/clauses.ts'
import { readFeedPlace, writeFeedPlace } from './cursor.ts'
import { endpointView } from './endpoint-view.ts'
import { openPlaces, type FeedBound } from './feed-places.ts'
import { type FeedPage, type FeedSource, writeFeed } from './feed-writer.ts'
import type { Log } from '#base/log.ts'
import { allow, callerOf, sessionOf } from './guard.ts'
import { incidentView } from './incident-view.ts'
import { outlet } from './outlet.ts'
import { EndpointShape } from './shapes/endpoint.ts'
import { FeedHeaders, FeedQuery } from './shapes/feed.ts'
import { IncidentShape } from './shapes/incident.ts'

/** To take the last word; then the socket goes. */
const LAST_WORD_MS = 10_000

export interface FeedParts {
  readonly access: Access
  readonly sessions: Pick<Sessions, 'onEnd'>
  readonly texts: RuleTexts
  readonly live: Live
  readonly clock: Clock
  /** Somebody was told to come back: there are as many feeds as may be. */
  readonly feedRefused: (bound: FeedBound) => void
  readonly log: Pick<Log, 'error'>
}

export const feedRoutes =
  (parts: FeedParts): FastifyPluginAsyncTypebox =>
  async (app) => {
    const stopping = new AbortController()
    const open = new Set<Promise<void>>()
    const places = openPlaces(parts.feedRefused)
    app.addHook('preClose', async () => {
      stopping.abort()
      await Promise.all(open)
    })

    app.get('/feed', {
      schema: { querystring: FeedQuery, headers: FeedHeaders, produces: ['text/event-stream'] },
      config: allow('incidents.read'),
      handler: async (request, reply) => {
        using held = new DisposableStack()
        held.use(places.take(sessionOf(request).account.id))
        const after = request.headers['last-event-id'] ?? request.query.after
        const source = await openSource(parts, request, reply, after)
        begin(reply)
        const kept = held.move()
        const served = serve(parts, request, reply, source, stopping.signal).finally(() => {
          open.delete(served)
          kept.dispose()
        })
        open.add(served)
      },
    })
  }

function begin(reply: FastifyReply): void {
  reply.hijack()
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) reply.raw.setHeader(name, value)
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no', // nginx holds back what is slow to come, unless it is told not to
  })
  reply.raw.flushHeaders()
}

async function serve(
  { sessions, live, clock, log }: FeedParts,
  request: FastifyRequest,
  reply: FastifyReply,
  source: FeedSource,
  stopping: AbortSignal,
): Promise<void> {
  const ended = new AbortController()
  const own = sessionOf(request).hash
  const unsubscribe = sessions.onEnd((hash) => {
    if (hash === own) ended.abort()
  })
  const out = outlet(reply.raw, clock)
  const reason = await writeFeed(out, { source, live, clock }, { ended: ended.signal, stopping }).catch(
    (error: unknown) => {
      log.error('The feed of one client failed', { error: String(error) })
      return 'failed' as const
    },
  )
  unsubscribe()
  reply.raw.end(reason === 'left' ? '' : `event: end\ndata: ${JSON.stringify({ reason })}\n\n`)
  reply.raw.setTimeout(LAST_WORD_MS, () => reply.raw.destroy())
}

async function openSource(
  { access, texts, clock }: FeedParts,
  request: FastifyRequest,
  reply: FastifyReply,
  after: string | undefined,
): Promise<FeedSource> {
  const actor = callerOf(request)
  const session = sessionOf(request)
  const visible = visibleTo(actor)
  const writeIncident = reply.compileSerializationSchema({ ...IncidentShape })
  const writeEndpoint = reply.compileSerializationSchema({ ...EndpointShape })
  const now = await access.ask(actor, feedPlace)
  const asked = after === undefined ? now : readFeedPlace(after)
  const goesOn = asked?.incarnation === now.incarnation && asked.revision <= now.revision
  const { incarnation } = now
  let { revision } = goesOn ? asked : now

  const next = (endpoints: readonly LiveChange['id'][], limit: number): Promise<FeedPage | undefined> =>
    access.ask(actor, async (tx) => {
      if (!(await isOn(tx, session, clock.wall()))) return undefined
      const incidents = await changedSince(tx, visible, revision, limit)
      revision = incidents.at(-1)?.revision ?? revision
      const lines: string[] = []
      for (const id of endpoints) {
        const line = await endpointById(tx, visible, Number(id))
        if (line !== undefined) lines.push(writeEndpoint(endpointView(line)))
      }
      return {
        incidents: incidents.map((incident) => ({
          id: writeFeedPlace({ incarnation, revision: incident.revision }),
          json: writeIncident(incidentView(incident, texts)),
        })),
        endpoints: lines,
      }
    })
  return {
    reset: goesOn ? undefined : writeFeedPlace(now),
    next,
    mayStay: () => access.ask(actor, (tx) => isOn(tx, session, clock.wall())),
  }
}

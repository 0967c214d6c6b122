/** The console's listener: pages and API over HTTPS. What a resource does stands in its own file; here they are put
 *  together behind the guard. */
import type { IncomingMessage } from 'node:http'
import cookie from '@fastify/cookie'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import { fastify, type FastifyError, type FastifyInstance } from 'fastify'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Condition } from '#shared/wire/messages.ts'
import type { Level } from '#shared/vocabulary/levels.ts'
import type { Access } from '#collector/access/acting.ts'
import { addressKey } from '#collector/access/address.ts'
import { openSessions, type SessionCounts } from '#collector/access/sessions.ts'
import { openViews } from '#collector/access/views.ts'
import { boundConnections, type ConnectionLimits, type Crowded } from '#collector/connections.ts'
import type { Live } from '#collector/live.ts'
import type { RuleTexts } from '#collector/policy/clauses.ts'
import { actionRoutes } from './actions.ts'
import { type AlertParts, alertRoutes } from './alerts.ts'
import { collectorHealthRoutes } from './collector-health.ts'
import { endpointRoutes } from './endpoints.ts'
import { eventRoutes } from './events.ts'
import type { FeedBound } from './feed-places.ts'
import { feedRoutes } from './feed.ts'
import { guard } from './guard.ts'
import { healthRoutes } from './health.ts'
import type { Log } from '#base/log.ts'
import { incidentListRoutes } from './incident-lists.ts'
import { incidentRoutes } from './incidents.ts'
import { muteRoutes } from './mutes.ts'
import { addPages } from './pages.ts'
import { answer, Problem, problemOf } from './problem.ts'
import { sessionRoutes } from './session.ts'

/** An open console makes a few requests a minute besides the feed; a crowd behind one address makes more. */
const REQUESTS_PER_MINUTE = 1_200
const RATE_KEYS = 10_000 // addresses remembered, the least used goes first
/** Far more than people; agents have a listener of their own, and descriptors are shared with it. What is over is cut. */
const MAX_CONNECTIONS = 1_024
/** An office behind one address, or a proxy in front. */
const MAX_OF_ADDRESS = 256
/** A browser asks at once; in a crowd whoever does not is gone after this. */
const CROWDED_MS = 5_000
const connectionLimits: ConnectionLimits = {
  most: MAX_CONNECTIONS,
  ofAddress: MAX_OF_ADDRESS,
  reserved: 0,
  crowdedMs: CROWDED_MS,
  paced: false, // requests are (REQUESTS_PER_MINUTE)
  lookEveryMs: 1_000,
}
/** From its first byte to its last. */
const REQUEST_MS = 30_000
/** Without a byte either way; of an answer that is under way Node looks twice. A feed says something more often. */
const STALLED_MS = 30_000
/** Nothing that is taken is larger than a reason of 2,000 characters. */
const MAX_BODY_BYTES = 16 * 1024

export interface ApiOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** The folder with the built console. */
  readonly pagesDir: string
  /** How long a request may take, and a connection may stall; absent: half a minute each. */
  readonly requestMs?: number
  readonly stalledMs?: number
}

export interface ApiParts {
  readonly access: Access
  readonly clock: Clock
  readonly live: Live
  readonly outbox: AlertParts['outbox']
  /** For `/metrics`: sign-ins and ends of sessions. */
  readonly counts: SessionCounts
  readonly texts: RuleTexts
  /** Of what is held here, as it is configured; absent: the highest of the endpoints. */
  readonly level?: Level
  /** What is not well with the collector itself. */
  readonly conditions: () => readonly Condition[]
  /** The code of what keeps the collector from taking anything; undefined: all is well. */
  readonly health: () => string | undefined
  /** Prometheus text (exposition format 0.0.4). Anyone who reaches the listener may read it, so it names nobody. */
  readonly metrics: () => string | Promise<string>
  readonly log: Pick<Log, 'error'>
  /** A connection was cut: there are as many as may be, or it was silent in a crowd. */
  readonly refused: (reason: Crowded, peer: string) => void
  /** A feed was refused: there are as many as may be. */
  readonly feedRefused: (bound: FeedBound) => void
  /** PEM. */
  readonly tls: { readonly key: string; readonly cert: string }
}

export interface Api extends AsyncDisposable {
  readonly url: string
  /** For every handshake from now on. PEM. */
  readonly useCertificate: (tls: { readonly key: string; readonly cert: string }) => void
}

/** Takes requests when it resolves. Disposing ends the feeds, then every connection. */
export async function startApi(options: ApiOptions, parts: ApiParts): Promise<Api> {
  const { requestMs = REQUEST_MS, stalledMs = STALLED_MS } = options
  // Node's own are half a minute between looks, and a minute for headers, which would be the request's wherever that is less.
  const times = {
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.ceil(requestMs / 30),
  }
  const app = fastify({
    https: { ...parts.tls, minVersion: 'TLSv1.2', ...times },
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
    connectionTimeout: stalledMs,
    requestTimeout: requestMs, // again: the framework sets its own, none, over that of the server
    routerOptions: { maxParamLength: 64 },
    logger: false,
  })
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  answerProblems(app, parts.log)
  await routes(app, options, parts)
  const bounded = boundConnections(app.server, connectionLimits, parts)
  app.server.on('request', (request: IncomingMessage) => bounded.served(request.socket))
  app.addHook('preClose', async () => bounded.shut())
  app.addHook('onClose', async () => bounded[Symbol.dispose]())
  const url = await app.listen({ host: options.host, port: options.port })
  return {
    url,
    useCertificate: ({ key, cert }) => app.server.setSecureContext({ key, cert, minVersion: 'TLSv1.2' }),
    [Symbol.asyncDispose]: () => app.close(),
  }
}

async function routes(app: FastifyInstance, { pagesDir }: ApiOptions, parts: ApiParts): Promise<void> {
  const { access, clock, counts } = parts
  const sessions = openSessions(access, clock, counts)
  app.addHook('onClose', () => sessions[Symbol.asyncDispose]())
  const views = openViews(access)
  await app.register(rateLimit, {
    global: false,
    max: REQUESTS_PER_MINUTE,
    timeWindow: 60_000,
    cache: RATE_KEYS,
    keyGenerator: ({ ip }) => addressKey(ip), // whoever has one IPv6 address has 2^64
  })
  await app.register(cookie)
  await app.register(swagger, {
    openapi: { info: { title: 'Shoumi', version: '1', description: 'Times are milliseconds since 1970, UTC.' } },
  })
  const limit = app.createRateLimit()
  guard(app, sessions, async (request) => {
    const allowed = await limit(request)
    if (!allowed.isAllowed && allowed.isExceeded)
      throw new Problem('too-many-requests', `Wait ${allowed.ttlInSeconds} s.`, {
        retryAfterSeconds: allowed.ttlInSeconds,
      })
  })
  await addPages(app, pagesDir)
  await app.register(healthRoutes(parts))
  await app.register(
    async (api) => {
      api.addHook('onSend', async (_request, reply) => void reply.header('cache-control', 'no-store'))
      await api.register(sessionRoutes(sessions))
      await api.register(incidentListRoutes(parts))
      await api.register(incidentRoutes({ ...parts, views }))
      await api.register(actionRoutes({ ...parts, views, mailboxes: parts.outbox.mailboxes }))
      await api.register(eventRoutes(access))
      await api.register(endpointRoutes(access, clock))
      await api.register(muteRoutes(parts))
      await api.register(alertRoutes(parts))
      await api.register(collectorHealthRoutes(parts))
      await api.register(feedRoutes({ ...parts, sessions }))
    },
    { prefix: '/api/v1' },
  )
}

function answerProblems(app: FastifyInstance, log: Pick<Log, 'error'>): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = problemOf(error)
    if (problem === undefined) log.error('A request failed', { route: request.routeOptions.url, error: error.stack })
    return answer(reply, problem ?? new Problem('failed', 'The collector’s log says why.'))
  })
}

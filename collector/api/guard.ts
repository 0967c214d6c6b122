/** The guard before every route: who is asking, and may they. A route says what right it needs, or is not taken. */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Actor } from '#collector/access/acting.ts'
import { actorOf } from '#collector/access/authenticate.ts'
import type { Right } from '#collector/access/rights.ts'
import type { Session } from '#collector/access/session-acts.ts'
import { isToken, mayDo, type Sessions } from '#collector/access/sessions.ts'
import { Problem } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    right?: Right | 'anyone'
  }
  interface FastifyRequest {
    session: Session | null
  }
}

/** `__Host-`: the browser takes it only over TLS, for this host and for all of its paths (RFC 6265bis §4.1.3.2). */
export const COOKIE = '__Host-shoumi'
const TOKEN_HEADER = 'x-csrf-token'

/** What a route needs of whoever calls it. `anyone` is for what tells nothing of what is watched. */
export const allow = (right: Right | 'anyone'): { right: Right | 'anyone' } => ({ right })

/** Whose request it is. Only behind a route with a right of its own. */
export function sessionOf({ session }: FastifyRequest): Session {
  if (session === null) throw new Problem('not-signed-in', 'Sign in first.')
  return session
}

/** Who asks, for whatever is done in their name. */
export const callerOf = (request: FastifyRequest): Actor => actorOf(sessionOf(request).account, request.ip)

const changes = (method: string): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(method)

/** Call it before any route is added: a route without a right then throws, and the collector does not start. `limit` comes
 *  first, so that being turned away costs as much of an address's rate as being let in. */
export function guard(
  app: FastifyInstance,
  sessions: Pick<Sessions, 'byCookie'>,
  limit: (request: FastifyRequest, reply: FastifyReply) => Promise<void>,
): void {
  app.decorateRequest('session', null)
  app.addHook('onRoute', ({ url, config }: RouteOptions) => {
    if (config?.right === undefined) throw new Error(`The route ${url} declares no right: add config: allow(…).`)
  })
  app.addHook('onRequest', async (request, reply) => {
    await limit(request, reply)
    const { right } = request.routeOptions.config
    if (right === undefined) return // no such path: answered with 404 behind this
    if (changes(request.method)) refuseForeign(request)
    if (right === 'anyone') return
    const cookie = request.cookies[COOKIE]
    request.session = (cookie === undefined ? undefined : await sessions.byCookie(cookie)) ?? null
    const session = sessionOf(request)
    if (!mayDo(session, right)) throw refusalOf(session, right)
    if (changes(request.method)) refuseTokenless(request, session)
  })
}

const refusalOf = ({ account }: Session, right: Right): Problem =>
  account.mustChange
    ? new Problem('must-change-password', 'PUT /api/v1/session/password with the one-time password and a new one.')
    : new Problem('no-right', `The right ${right} is needed.`)

/** Browsers say where a request comes from; another site’s page changes nothing here, and signs nobody in. */
function refuseForeign({ headers }: FastifyRequest): void {
  if (['same-origin', 'none', undefined].includes(headers['sec-fetch-site']?.toString())) return
  throw new Problem('wrong-token', 'Changes are taken from the console’s own pages only.')
}

function refuseTokenless({ headers }: FastifyRequest, session: Session): void {
  const token = headers[TOKEN_HEADER]
  if (typeof token === 'string' && isToken(session, token)) return
  throw new Problem('wrong-token', `Send the session’s csrf in the header ${TOKEN_HEADER}.`)
}

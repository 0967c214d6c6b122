/** `/session`: sign in, who am I, sign out, change the password. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { MAX_PASSWORD_CHARACTERS, MIN_PASSWORD_CHARACTERS, type PasswordFault } from '#collector/access/password.ts'
import { rightsOfRole } from '#collector/access/rights.ts'
import { type ChangeRefusal, type Session, SESSION_MS, type SignedIn } from '#collector/access/session-acts.ts'
import type { Sessions } from '#collector/access/sessions.ts'
import { allow, COOKIE, sessionOf } from './guard.ts'
import { Problem } from './problem.ts'
import { PasswordChange, SessionShape, SignIn } from './shapes/session.ts'
import { Nothing } from './shapes/words.ts'

const cookieOptions = { path: '/', httpOnly: true, secure: true, sameSite: 'strict' } as const

const view = ({ account, csrf, expiresAt }: Session) => ({
  account: account.name,
  role: account.role,
  bootstrap: account.role === 'bootstrap',
  rights: [...rightsOfRole(account.role)],
  mustChangePassword: account.mustChange,
  csrf,
  expiresAt,
})

const passwordFaults: Readonly<Record<PasswordFault, string>> = {
  'too-short': `Take at least ${MIN_PASSWORD_CHARACTERS} characters.`,
  'too-long': `Take at most ${MAX_PASSWORD_CHARACTERS} characters.`,
  'same-as-old': 'Take another password than the old one.',
}

function problemOf(refusal: ChangeRefusal): Problem {
  if (refusal.reason === 'wrong') return new Problem('wrong-password', 'Check the account name and the password.')
  if (refusal.reason !== 'too-many')
    return new Problem('bad-password', passwordFaults[refusal.reason], { reason: refusal.reason })
  const retryAfterSeconds = Math.ceil(refusal.waitMs / 1000)
  return new Problem('too-many-attempts', `Wait ${retryAfterSeconds} s, then try again.`, { retryAfterSeconds })
}

function begin(reply: FastifyReply, result: SignedIn | ChangeRefusal) {
  if (!result.ok) throw problemOf(result)
  void reply.setCookie(COOKIE, result.cookie, { ...cookieOptions, maxAge: SESSION_MS / 1000 })
  return view(result.session)
}

export const sessionRoutes =
  (sessions: Pick<Sessions, 'signIn' | 'changePassword' | 'signOut'>): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post('/session', {
      schema: { body: SignIn, response: { 200: SessionShape } },
      config: allow('anyone'),
      handler: async ({ body, ip }, reply) => begin(reply, await sessions.signIn(body.account, body.password, ip)),
    })
    app.get('/session', {
      schema: { response: { 200: SessionShape } },
      config: allow('session.own'),
      handler: async (request) => view(sessionOf(request)),
    })
    app.put('/session/password', {
      schema: { body: PasswordChange, response: { 200: SessionShape } },
      config: allow('session.own'),
      handler: async (request, reply) =>
        begin(reply, await sessions.changePassword(sessionOf(request), request.body, request.ip)),
    })
    app.delete('/session', {
      schema: { response: { 204: Nothing } },
      config: allow('session.own'),
      handler: async (request, reply) => {
        await sessions.signOut(sessionOf(request), request.ip)
        return reply.clearCookie(COOKIE, cookieOptions).code(204).send(null)
      },
    })
  }

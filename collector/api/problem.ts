/** Problem details (RFC 9457): the one shape of every error that the API answers. */
import type { FastifyReply } from 'fastify'
import { StoreTakesNothingError } from '#collector/access/acting.ts'

const titles = {
  'bad-request': [400, 'The request is not understood.'],
  'not-signed-in': [401, 'You are not signed in.'],
  'wrong-password': [401, 'Account or password is wrong.'],
  'no-right': [403, 'Your account may not do this.'],
  'must-change-password': [403, 'Change the one-time password first.'],
  'wrong-token': [403, 'The token for changes is missing or wrong.'],
  'not-found': [404, 'There is no such thing.'],
  changed: [409, 'Somebody else was first.'],
  'not-possible': [409, 'This cannot be done as it stands.'],
  'too-large': [413, 'The request is too large.'],
  'not-json': [415, 'The body must be JSON.'],
  'too-broad': [422, 'What is searched for means too much.'],
  'bad-mute': [422, 'The rule cannot be muted so.'],
  'bad-password': [422, 'The new password is refused.'],
  'too-many-attempts': [429, 'Too many failed sign-ins.'],
  'too-many-requests': [429, 'Too many requests.'],
  failed: [500, 'The collector failed at this.'],
  unavailable: [503, 'The collector cannot do this now.'],
} as const satisfies Record<string, readonly [number, string]>

export type ProblemCode = keyof typeof titles

interface More {
  /** One word for programs, where the type has several causes. */
  readonly reason?: string
  readonly retryAfterSeconds?: number
  /** What else the body carries, by type. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** Unwinds a request; `detail` is for people and holds no secret. */
export class Problem extends Error {
  override name = 'Problem'
  readonly code: ProblemCode
  readonly more: More
  constructor(code: ProblemCode, detail: string, more: More = {}) {
    super(detail)
    this.code = code
    this.more = more
  }
}

const bodyOf = ({ code, message, more: { more, ...known } }: Problem) => ({
  type: `urn:shoumi:problem:${code}`,
  title: titles[code][1],
  status: titles[code][0],
  ...(message === '' ? {} : { detail: message }),
  ...known,
  ...more,
})

const codeOfStatus: Readonly<Record<number, ProblemCode>> = {
  404: 'not-found',
  413: 'too-large',
  415: 'not-json',
  429: 'too-many-requests',
  503: 'unavailable',
}

/** What the framework says of a request, as a problem; undefined where the fault is ours. */
export function problemOf(error: Error & { statusCode?: number }): Problem | undefined {
  if (error instanceof Problem) return error
  if (error instanceof StoreTakesNothingError)
    return new Problem('unavailable', error.message, { retryAfterSeconds: 5 })
  const status = error.statusCode ?? 500
  return status >= 400 && status < 500
    ? new Problem(codeOfStatus[status] ?? 'bad-request', error.message.slice(0, 500))
    : undefined
}

export function answer(reply: FastifyReply, problem: Problem): FastifyReply {
  const { retryAfterSeconds } = problem.more
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds))
  return reply
    .code(titles[problem.code][0])
    .type('application/problem+json')
    .send(JSON.stringify(bodyOf(problem)))
}

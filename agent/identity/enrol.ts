/** `POST /enrol`: a token and a public key in, a certificate and the two documents out. */
import { request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { openPolicy, openRegister } from '#shared/policy/documents.ts'
import { EnrolReply, type EnrolRequest } from '#shared/wire/enrolment.ts'
import { ENROL_PATH } from '#shared/wire/messages.ts'
import type { Enrolment } from './enrolment.ts'
import { connectPinned, fetchRoot, PeerError, type Peer } from './pinned.ts'

export type Attempt =
  | { readonly ok: true; readonly enrolment: Enrolment; readonly skew: boolean }
  /** `refused`: asking again with the same token changes nothing by itself; `clone`: nor with another, for the identity is
   *  another machine's. */
  | {
      readonly ok: false
      readonly why: 'later' | 'refused' | 'clone'
      readonly detail: string
      readonly retryAfterMs?: number
    }

const MAX_REPLY_BYTES = 2 * 1024 * 1024 // two documents of 900 KiB and the certificates
const ATTEMPT_MS = 20_000
const reply = Compile(EnrolReply)

/** One attempt, within 20 s. Answers in words; throws nothing that a caller can mend. */
export async function enrol(
  peer: Peer,
  options: { pin: string; agent: string; body: EnrolRequest },
  signal: AbortSignal,
): Promise<Attempt> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)])
  try {
    const root = await fetchRoot(peer, options.pin, limit)
    const { socket, skew } = await connectPinned(peer, { root }, limit)
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const post = request({
        host: peer.host,
        port: peer.port,
        method: 'POST',
        path: ENROL_PATH,
        headers: { 'content-type': 'application/json' },
        createConnection: () => socket,
        signal: limit,
      })
      post.on('response', resolve)
      post.on('error', reject)
      post.end(JSON.stringify(options.body))
    })
    const text = await bodyOf(response)
    socket.destroy()
    if (response.statusCode !== 200) return refusalOf(response, text)
    const value: unknown = Value.Clean(EnrolReply, JSON.parse(text)) // fields that this version does not know
    if (!reply.Check(value))
      return { ok: false, why: 'refused', detail: 'the reply has a shape that this version does not know' }
    const fault = faultOf(value, options.agent)
    if (fault !== undefined) return { ok: false, why: 'refused', detail: fault }
    return { ok: true, enrolment: { ...value, root }, skew }
  } catch (error) {
    if (error instanceof PeerError) return { ok: false, why: 'later', detail: error.message }
    return { ok: false, why: 'later', detail: `The collector's reply did not arrive: ${String(error)}` }
  }
}

/** The documents must be good before anything is stored: the office signed the policy, and the policy names who registers. */
function faultOf({ officeKey, policy, register }: EnrolReply, agent: string): string | undefined {
  const opened = openPolicy(policy, [officeKey])
  if (!opened.ok) return `the policy is not valid: ${opened.reason.en}`
  const registered = openRegister(register, opened.document.keys.register, agent)
  return registered.ok ? undefined : `the register is not valid: ${registered.reason.en}`
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    const part = Buffer.from(chunk)
    bytes += part.length
    if (bytes > MAX_REPLY_BYTES) throw new PeerError('The reply is longer than an enrolment can be.')
    chunks.push(part)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function refusalOf({ statusCode = 0, headers }: IncomingMessage, text: string): Attempt {
  const retryAfterS = Number(headers['retry-after'])
  const later = statusCode >= 500 || statusCode === 429
  return {
    ok: false,
    why: later ? 'later' : statusCode === 409 && isClone(text) ? 'clone' : 'refused',
    detail: `HTTP ${statusCode}: ${text.slice(0, 200)}`,
    ...(retryAfterS > 0 && { retryAfterMs: Math.min(retryAfterS, 3600) * 1000 }),
  }
}

/** RFC 9457: the type is a URI, ours a URN or one whose path ends in the word. */
function isClone(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    const type: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'type') : undefined
    return typeof type === 'string' && /(^|[:/#])clone$/.test(type)
  } catch {
    return false
  }
}

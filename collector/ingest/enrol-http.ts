/** `POST /enrol` over HTTP: a bounded body in, JSON out, so many a minute from one address and in all. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { enrol, type EnrolParts } from './enrol.ts'

/** The longest request: certificate request 16 KiB, and a passport with 97 texts of 512 characters at most; readings of the
 *  machine 2 KiB. */
const MAX_BODY_BYTES = 64 * 1024
/** A room full of workstations behind one address; the rest is told to come again. */
const PER_ADDRESS = 60
/** × a signature and a transaction of 5 ms: a tenth of a core. */
const PER_MINUTE = 1_200
const MINUTE_MS = 60_000

/** Counts calls in the running minute, per address and in all; bounded by the latter. */
function openMinute(clock: Clock): (address: string) => boolean {
  let startedAt = clock.monotonic()
  let total = 0
  const byAddress = new Map<string, number>()
  return (address) => {
    if (clock.monotonic() - startedAt >= MINUTE_MS) {
      startedAt = clock.monotonic()
      total = 0
      byAddress.clear()
    }
    const count = (byAddress.get(address) ?? 0) + 1
    if (total >= PER_MINUTE || count > PER_ADDRESS) return false
    total += 1
    byAddress.set(address, count)
    return true
  }
}

export function enrolHandler(parts: EnrolParts): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const mayCall = openMinute(parts.clock)
  return async (request, response) => {
    const peer = request.socket.remoteAddress ?? 'unknown'
    const refuse = (status: number, detail: string, type?: string): void => {
      parts.metrics.peerRefused('enrolment', peer)
      problem(response, status, detail, type)
    }
    if (!mayCall(peer)) return refuse(503, 'Too many enrolments at this moment: come again in a minute.')
    const body = await readBody(request)
    if (body === 'too-large') return refuse(413, `An enrolment has at most ${MAX_BODY_BYTES} bytes.`)
    if (body === undefined) return refuse(400, 'The request’s body is no JSON.')
    try {
      const enrolled = await enrol(body, peer, parts)
      if (!enrolled.ok) return refuse(enrolled.status, enrolled.detail, enrolled.type)
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(enrolled.reply))
    } catch (error) {
      parts.log.error('An enrolment failed', { peer, error: String(error) })
      refuse(503, 'The collector cannot enrol at this moment: come again in a minute.')
    }
  }
}

/** RFC 9457. The connection ends with it, for the body may not have been read. */
export function problem(response: ServerResponse, status: number, detail: string, type = 'about:blank'): void {
  const headers = { 'content-type': 'application/problem+json', connection: 'close' }
  response.writeHead(status, status === 503 ? { ...headers, 'retry-after': '60' } : headers)
  response.end(JSON.stringify({ type, title: 'Not taken', status, detail }))
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) return undefined
      bytes += chunk.length
      if (bytes > MAX_BODY_BYTES) return 'too-large'
      chunks.push(chunk)
    }
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined // no JSON, or the peer went away in the middle
  }
}

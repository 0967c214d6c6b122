/** The agents' port: TLS 1.3, WebSockets of agents with a certificate, requests of those without. A peer that speaks
 *  nonsense costs a counted refusal and nothing else. */
import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { WebSocketServer, type WebSocket } from 'ws'
import { addressKey } from '#collector/access/address.ts'
import { boundConnections, type Bounded, type ConnectionLimits } from '#collector/connections.ts'
import type { Log } from '#base/log.ts'
import type { Metrics, PeerFault } from '#collector/metrics.ts'
import type { Trust } from '#collector/trust/trust.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { uuidPattern } from '#shared/vocabulary/ids.ts'
import { AGENT_PATH, ENROL_PATH, MAX_MESSAGE_BYTES, SUBPROTOCOL } from '#shared/wire/messages.ts'
import { problem } from './enrol-http.ts'

export interface ServerLimits {
  readonly handshakeMs: number
  /** From the end of the handshake to the end of the headers. */
  readonly headersMs: number
  /** In all, of one address, and kept for addresses that are known. */
  readonly connections: ConnectionLimits
}

const MAX_HEADER_BYTES = 8 * 1024
/** 10,000 agents, and room for those that come back before their old socket is known to be dead. × 72 KiB = 850 MiB. */
const MAX_CONNECTIONS = 12_000
/** Of one address, or two for each agent that is known there: a room behind one address, and its agents' old sockets. */
const MAX_OF_ADDRESS = 256
/** Not for strangers: as many as the agents that there may be. A new agent is no stranger once it is served. */
const MAX_RESERVED = 10_000
/** Once half of what there is, is taken, a handshake and its request have this long. */
const CROWDED_MS = 5_000
/** All agents are back 35 s after a restart: whoever takes longer than a minute is none. */
export const serverLimits: ServerLimits = {
  handshakeMs: 60_000,
  headersMs: 60_000,
  connections: {
    most: MAX_CONNECTIONS,
    ofAddress: MAX_OF_ADDRESS,
    reserved: MAX_RESERVED,
    crowdedMs: CROWDED_MS,
    paced: true,
    lookEveryMs: 1_000,
  },
}
/** Who was turned away has this long to read why. */
const LEAVING_MS = 2_000
/** All agents come at once after a restart. */
const BACKLOG = 8_192

export interface ServerOptions {
  readonly host: string
  readonly port: number
  readonly trustedProxies?: readonly string[]
}

export interface ServerParts {
  readonly trust: Pick<Trust, 'server' | 'chain'>
  readonly clock: Clock
  readonly metrics: Pick<Metrics, 'peerRefused'>
  readonly log: Pick<Log, 'error'>
  /** Agents known at an address, by its key. */
  readonly known: (addressKey: string) => number
}

/** What is done with those who come. */
export interface Serving {
  readonly enrol: (request: IncomingMessage, response: ServerResponse) => void
  /** An agent whose certificate is ours: how it is served, or undefined where it is not known. */
  readonly admit: (uuid: string) => Promise<((webSocket: WebSocket, peer: string) => void) | undefined>
}

/** PEM. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

export interface AgentsServer extends AsyncDisposable {
  readonly port: number
  /** For every handshake from now on. */
  readonly useCertificate: (tls: Certificate) => void
}

/** Takes connections when it resolves; rejects where the port cannot be had. Disposing cuts those that are left. */
export async function startAgentsServer(
  { host, port, trustedProxies = [] }: ServerOptions,
  limits: ServerLimits,
  parts: ServerParts,
  serving: Serving,
): Promise<AgentsServer> {
  const secure = ({ key, cert }: Certificate) => ({ key, cert, ca: parts.trust.chain, minVersion: 'TLSv1.3' }) as const
  const server = createServer({
    ...secure(parts.trust.server),
    requestCert: true,
    rejectUnauthorized: false, // who enrols has no certificate yet; `/agent/v1` asks for it
    handshakeTimeout: limits.handshakeMs,
    headersTimeout: limits.headersMs,
    requestTimeout: 2 * limits.headersMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
    maxHeaderSize: MAX_HEADER_BYTES,
  })
  const proxies = new Set(trustedProxies.map(addressKey))
  const bounded = boundConnections(server, limits.connections, {
    clock: parts.clock,
    known: parts.known,
    isProxy: (key) => proxies.has(key),
    refused: parts.metrics.peerRefused,
  })
  countNonsense(server, parts)
  serveRequests(server, parts, serving)
  serveWebSockets(server, bounded, parts, serving)
  await listen(server, { host, port })
  server.on('error', (error) => parts.log.error('A connection could not be taken', { error: String(error) }))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    useCertificate: (tls) => server.setSecureContext(secure(tls)),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      bounded[Symbol.dispose]()
      await closed
    },
  }
}

const listen = (server: Server, where: { host: string; port: number }): Promise<void> =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...where, backlog: BACKLOG }, () => {
      server.off('error', reject)
      resolve()
    })
  })

function countNonsense(server: Server, { metrics }: ServerParts): void {
  const counted = new WeakSet<Duplex>() // one socket may give more than one error
  server.on('clientError', (error: Error & { code?: string }, socket) => {
    const peer = socket instanceof TLSSocket ? peerOf(socket) : 'unknown'
    if (!counted.has(socket)) metrics.peerRefused(reasonOf(error), peer)
    counted.add(socket)
    socket.destroy()
  })
}

/** Faults of TLS and of HTTP come by the same event. */
function reasonOf({ code = '' }: Error & { code?: string }): PeerFault {
  if (code === 'ECONNRESET') return 'left' // so does an agent that only looks at the root, and one that we cut
  return code.startsWith('HPE_') || code.startsWith('ERR_HTTP_') ? 'http' : 'tls'
}

function serveRequests(server: Server, { metrics }: ServerParts, { enrol }: Serving): void {
  server.on('request', (request, response) => {
    if (request.method === 'POST' && request.url === ENROL_PATH) return enrol(request, response)
    metrics.peerRefused('path', peerOf(request.socket))
    problem(response, 404, `Here is ${AGENT_PATH} for agents, and POST ${ENROL_PATH}.`)
  })
}

function serveWebSockets(server: Server, bounded: Bounded, { metrics, log }: ServerParts, { admit }: Serving): void {
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    autoPong: false, // a connection does it
    clientTracking: false,
    handleProtocols: () => SUBPROTOCOL, // offered, or it would not have come so far
  })
  webSockets.on('wsClientError', (_error, socket, request) => {
    metrics.peerRefused('http', peerOf(request.socket))
    turnAway(socket, '400 Bad Request')
  })
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const peer = peerOf(request.socket)
    const refuse = (reason: PeerFault, status: string): void => {
      metrics.peerRefused(reason, peer)
      turnAway(socket, status)
    }
    if (request.url !== AGENT_PATH) return refuse('path', '404 Not Found')
    const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim())
    if (offered?.includes(SUBPROTOCOL) !== true) return refuse('http', '400 Bad Request')
    const uuid = agentOf(request.socket)
    if (uuid === undefined) return refuse('certificate', '401 Unauthorized')
    bounded.served(request.socket) // from here on its session is watched
    const serve = await admit(uuid)
    if (serve === undefined) return refuse('unknown-agent', '403 Forbidden')
    webSockets.handleUpgrade(request, socket, head, (webSocket) => serve(webSocket, peer))
  }
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    upgrade(request, socket, head).catch((error: unknown) => {
      log.error('An agent could not be looked up; it will come again', { error: String(error) })
      socket.destroy()
    })
  })
}

/** Its socket is ours alone since it asked to upgrade: nobody else would cut it where the peer stays. */
function turnAway(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`)
  setTimeout(() => socket.destroy(), LEAVING_MS).unref()
}

/** The name in the certificate, where this collector's authority gave it one that holds. */
function agentOf(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const name: unknown = socket.getPeerCertificate().subject.CN
  return typeof name === 'string' && uuidPattern.test(name) ? name : undefined
}

const peerOf = (socket: Socket): string => socket.remoteAddress ?? 'unknown'

/** The agents' listener: TLS 1.3, `/agent/v1` with a client certificate, `POST /enrol` with a token. A peer that speaks
 *  nonsense costs a counted refusal and nothing else. */
import { createServer, type Server } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { WebSocketServer } from 'ws'
import type { PeerFault } from '#collector/metrics.ts'
import { addressKey, boundConnections, type Bounded, type ConnectionLimits } from '#collector/connections.ts'
import { agentByUuid } from '#collector/store/agents.ts'
import { uuidPattern } from '#shared/vocabulary/ids.ts'
import { AGENT_PATH, ENROL_PATH, MAX_MESSAGE_BYTES, SUBPROTOCOL } from '#shared/wire/messages.ts'
import { enrolHandler, problem } from './enrol-http.ts'
import type { IngestParts } from './served.ts'
import { openKnownAddresses } from './known-addresses.ts'
import { loadAddresses, openSessions, sessionLimits, type SessionLimits, type Sessions } from './sessions.ts'

export interface ListenerLimits extends SessionLimits {
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
const listenerLimits: ListenerLimits = {
  ...sessionLimits,
  handshakeMs: 60_000,
  headersMs: 60_000,
  connections: {
    most: MAX_CONNECTIONS,
    ofAddress: MAX_OF_ADDRESS,
    reserved: MAX_RESERVED,
    crowdedMs: CROWDED_MS,
    lookEveryMs: 1_000,
  },
}
/** Who was turned away has this long to read why. */
const LEAVING_MS = 2_000
/** All agents come at once after a restart. */
const BACKLOG = 8_192

export interface Listener extends AsyncDisposable {
  readonly port: number
  /** Hands every connected agent the documents that are newer than its own, and cuts those that were retired. */
  readonly pushDocuments: () => Promise<void>
  /** PEM; for every handshake from now on. */
  readonly useCertificate: (tls: { readonly key: string; readonly cert: string }) => void
}

export interface ListenerOptions {
  readonly host: string
  readonly port: number
  readonly trustedProxies?: readonly string[]
  readonly limits?: ListenerLimits
}

/** Takes connections when it resolves; rejects where the port cannot be had. */
export async function startListener(
  { host, port, trustedProxies = [], limits = listenerLimits }: ListenerOptions,
  parts: IngestParts,
): Promise<Listener> {
  const server = makeServer(limits, parts)
  const known = openKnownAddresses()
  await loadAddresses(parts, known)
  const proxies = new Set(trustedProxies.map(addressKey))
  const bounded = boundConnections(server, limits.connections, {
    clock: parts.clock,
    known: known.count,
    isProxy: (key) => proxies.has(key),
    refused: parts.metrics.peerRefused,
  })
  const sockets = new Set<Socket>() // bounded by MAX_CONNECTIONS
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', (error) => parts.log.error('A connection could not be taken', { error: String(error) }))
  const sessions = openSessions(parts, limits, known)
  countNonsense(server, parts)
  serveEnrolment(server, parts)
  serveAgents(server, { sessions, bounded }, parts)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    pushDocuments: sessions.push,
    useCertificate: (tls) => server.setSecureContext(secureContext(tls, parts)),
    async [Symbol.asyncDispose]() {
      bounded[Symbol.dispose]()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await sessions[Symbol.asyncDispose]()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

const secureContext = ({ key, cert }: { key: string; cert: string }, { trust }: IngestParts) =>
  ({ key, cert, ca: trust.chain, minVersion: 'TLSv1.3' }) as const

function makeServer(limits: ListenerLimits, parts: IngestParts): Server {
  return createServer({
    ...secureContext(parts.trust.server, parts),
    requestCert: true,
    rejectUnauthorized: false, // who enrols has no certificate yet; `/agent/v1` asks for it
    handshakeTimeout: limits.handshakeMs,
    headersTimeout: limits.headersMs,
    requestTimeout: 2 * limits.headersMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
    maxHeaderSize: MAX_HEADER_BYTES,
  })
}

function countNonsense(server: Server, { metrics }: IngestParts): void {
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
  if (code === 'ECONNRESET') return 'left' // so does an agent that only looks at the root
  return code.startsWith('HPE_') || code.startsWith('ERR_HTTP_') ? 'http' : 'tls'
}

function serveEnrolment(server: Server, parts: IngestParts): void {
  const enrol = enrolHandler(parts)
  server.on('request', (request, response) => {
    if (request.method === 'POST' && request.url === ENROL_PATH) {
      void enrol(request, response)
    } else {
      parts.metrics.peerRefused('path', peerOf(request.socket))
      problem(response, 404, `Here is ${AGENT_PATH} for agents, and POST ${ENROL_PATH}.`)
    }
  })
}

function serveAgents(
  server: Server,
  { sessions, bounded }: { sessions: Sessions; bounded: Bounded },
  parts: IngestParts,
): void {
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    autoPong: false, // a connection does it
    clientTracking: false,
    handleProtocols: () => SUBPROTOCOL, // offered, or it would not have come so far
  })
  webSockets.on('wsClientError', (_error, socket, request) => {
    parts.metrics.peerRefused('http', peerOf(request.socket))
    turnAway(socket, '400 Bad Request')
  })
  const admit = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const peer = peerOf(request.socket)
    const refuse = (reason: PeerFault, status: string): void => {
      parts.metrics.peerRefused(reason, peer)
      turnAway(socket, status)
    }
    if (request.url !== AGENT_PATH) return refuse('path', '404 Not Found')
    const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim())
    if (offered?.includes(SUBPROTOCOL) !== true) return refuse('http', '400 Bad Request')
    const uuid = agentOf(request.socket)
    if (uuid === undefined) return refuse('certificate', '401 Unauthorized')
    bounded.served(request.socket) // from here on the sessions watch it
    const agent = await parts.store.read((tx) => agentByUuid(tx, uuid))
    if (agent === undefined) return refuse('unknown-agent', '403 Forbidden')
    webSockets.handleUpgrade(request, socket, head, (webSocket) => sessions.open(webSocket, agent, peer))
  }
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    admit(request, socket, head).catch((error: unknown) => {
      parts.log.error('An agent could not be looked up; it will come again', { error: String(error) })
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

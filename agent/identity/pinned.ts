/** TLS 1.3 to a collector whose root was pinned: the server has to prove itself under that root, and under no other. */
import { createHash, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { checkServerIdentity, connect, type ConnectionOptions, type TLSSocket } from 'node:tls'

/** The server is not who it has to be, or cannot be reached; the message says which. */
export class PeerError extends Error {
  override name = 'PeerError'
}

export interface Peer {
  readonly host: string
  readonly port: number
}

const DEFAULT_PORT = 443

/** Of an address in the config: `https://host:port` or `wss://…`. */
export function peerOf(address: string): Peer {
  const { hostname, port } = new URL(address)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? DEFAULT_PORT : Number(port) }
}

const spkiPin = (certificate: X509Certificate): string =>
  `sha256:${createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')}`

/** True where this root (PEM) is the one that the pin names. */
export const isPinned = (root: string, pin: string): boolean => spkiPin(new X509Certificate(root)) === pin

/** The root (PEM) that the pin names, from the chain that the server shows. It proves nothing yet of the server: connect
 *  under it for that. Rejects with PeerError. */
export async function fetchRoot(peer: Peer, pin: string, signal: AbortSignal): Promise<string> {
  const socket = await handshake(peer, {}, signal)
  const chain = chainOf(socket)
  socket.destroy()
  const root = chain.find((certificate) => spkiPin(certificate) === pin && isSelfSigned(certificate))
  if (root) return root.toString()
  const shown = chain.map(spkiPin).at(-1) ?? 'none'
  throw new PeerError(
    `The server's root is not the one that was pinned: it shows ${shown}. Compare caPin with the collector's.`,
  )
}

export interface Credentials {
  readonly root: string
  /** PEM: certificate with its chain, and key. Absent before the agent has one. */
  readonly client?: { readonly certificate: string; readonly keyPem: string }
}

/** A socket to a server that proved itself. `skew`: it did so but for the dates, which by this machine's clock do not hold
 *  (docs/protocol.md#enrolment). Rejects with PeerError. */
export async function connectPinned(
  peer: Peer,
  { root, client }: Credentials,
  signal: AbortSignal,
): Promise<{ socket: TLSSocket; skew: boolean }> {
  const identity = client && { cert: client.certificate, key: client.keyPem }
  const socket = await handshake(peer, { ca: [root], ...identity }, signal)
  if (socket.authorized) return { socket, skew: false }
  const fault: unknown = socket.authorizationError
  if (isOfDates(fault) && holdsButForDates(chainOf(socket), new X509Certificate(root), socket, peer.host))
    return { socket, skew: true }
  socket.destroy()
  throw new PeerError(`The server did not prove itself under the pinned root: ${String(fault)}.`)
}

const isOfDates = (fault: unknown): boolean =>
  ['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'].includes(fault instanceof Error ? fault.message : String(fault))

function handshake(peer: Peer, options: ConnectionOptions, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const { host, port } = peer
    // Whether the server proved itself is asked by the callers, who know more than yes and no.
    const socket = connect({
      host,
      port,
      ...(isIP(host) === 0 && { servername: host }),
      minVersion: 'TLSv1.3',
      rejectUnauthorized: false,
      ...options,
    })
    socket.on('error', () => undefined) // `close` follows, and whoever uses the socket hears that
    const abort = (): void => void socket.destroy(new Error('it took too long'))
    const settle = (): void => {
      signal.removeEventListener('abort', abort)
      socket.off('error', fail)
    }
    const fail = (error: Error): void => {
      settle()
      reject(new PeerError(`No connection to ${host}:${port}: ${error.message}.`, { cause: error }))
    }
    signal.addEventListener('abort', abort)
    socket.once('error', fail)
    socket.once('secureConnect', () => {
      settle()
      resolve(socket)
    })
    if (signal.aborted) abort()
  })
}

const MAX_CHAIN = 8
const isSelfSigned = (certificate: X509Certificate): boolean =>
  certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey)

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  let next = socket.getPeerCertificate(true)
  while (next?.raw !== undefined && chain.length < MAX_CHAIN) {
    chain.push(new X509Certificate(next.raw))
    if (next.issuerCertificate === next) break
    next = next.issuerCertificate
  }
  return chain
}

/** OpenSSL stops at the first fault that it names, so behind a date there may be another one: all but the dates anew. */
function holdsButForDates(
  chain: readonly X509Certificate[],
  root: X509Certificate,
  socket: TLSSocket,
  host: string,
): boolean {
  const [leaf, ...issuers] = chain
  if (leaf === undefined || issuers.at(-1)?.fingerprint256 !== root.fingerprint256) return false
  const linked = chain.every((certificate, i) => {
    const issuer = issuers[i] ?? root
    return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
  })
  return linked && checkServerIdentity(host, socket.getPeerCertificate()) === undefined
}

/** The way to a mail server, by names and authorities as the system has them. */
import { createHash } from 'node:crypto'
import { lookup, type LookupAddress } from 'node:dns'
import { connect, type LookupFunction, type Socket } from 'node:net'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'

/** From the first look-up to an open connection; a server that does not answer at all is not well. */
const CONNECT_LIMIT_MS = 5_000

const lookups = new Map<string, Promise<LookupAddress[]>>() // those under way: one for each host of the configuration

/** As the system resolves names: by its files first, then its servers. One look-up at a time for each host: it occupies one
 *  of the process's few threads for as long as a name server is silent. */
function addressesOf(host: string): Promise<LookupAddress[]> {
  const known = lookups.get(host)
  if (known !== undefined) return known
  const found = new Promise<LookupAddress[]>((resolve, reject) =>
    lookup(host, { all: true }, (error, addresses) => (error === null ? resolve(addresses) : reject(error))),
  ).finally(() => lookups.delete(host))
  lookups.set(host, found)
  return found
}

const systemLookup: LookupFunction = (host, _options, done) =>
  callBack(addressesOf(host), (error, addresses = []) => done(error, addresses))

/** For what wants a callback: it is called once, with the error as it came or the value, and outside of the promise. */
export function callBack<T>(promise: Promise<T>, done: (error: NodeJS.ErrnoException | null, value?: T) => void): void {
  void promise.then(
    (value) => setImmediate(done, null, value),
    (error: unknown) => setImmediate(done, error instanceof Error ? error : new Error(String(error))),
  )
}

/** Rejects with what the system says, or that it took too long. */
export function connectTo(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_LIMIT_MS)])
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, lookup: systemLookup, autoSelectFamily: true })
    const give = (): void => {
      reject(new Error(`${host}:${port} did not answer within ${CONNECT_LIMIT_MS / 1000} s (ETIMEDOUT)`))
      socket.destroy()
    }
    limit.addEventListener('abort', give, { once: true })
    socket.once('error', reject)
    socket.once('connect', () => {
      limit.removeEventListener('abort', give)
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

let kept: { readonly of: string; readonly context: SecureContext } | undefined

/** Trusts what the system trusts, what Node brings along, and the authority of the configuration. Made once: the system has
 *  hundreds. An authority that the system gets later needs a restart. */
export function trusting(ca: string | undefined): SecureContext {
  const of = createHash('sha256')
    .update(ca ?? '')
    .digest('hex')
  if (kept?.of === of) return kept.context
  const known = new Set([
    ...getCACertificates('system'),
    ...getCACertificates('bundled'),
    ...(ca === undefined ? [] : [ca]),
  ])
  const context = createSecureContext({ ca: [...known], minVersion: 'TLSv1.2' })
  kept = { of, context }
  return context
}

/** Who may be at the other end: real TLS servers, each with one thing wrong. */
import { generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:tls'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { connectPinned, fetchRoot, isPinned, PeerError } from '#agent/identity/pinned.ts'
import { makeIntermediate, makeRoot, makeServer, pinOf, type Issuer } from '#collector/trust/authority.ts'

const DAY_MS = 86_400_000
const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

interface Authority {
  root: string
  intermediate: Issuer
}
async function authority(now: number): Promise<Authority> {
  const [key, below] = [newKey(), newKey()]
  const root = await makeRoot(key, randomUUID(), now)
  return {
    root,
    intermediate: {
      key: below,
      certificate: await makeIntermediate(below, randomUUID(), { certificate: root, key }, now),
    },
  }
}

let ours: Authority
let others: Authority
const now = Date.now()
beforeAll(async () => {
  ours = await authority(now)
  others = await authority(now)
})
let server: Server | undefined
afterEach(() => void server?.close())

async function serve(
  names: string[],
  of: Authority,
  options: { validFrom?: number; chain?: string } = {},
): Promise<{ host: string; port: number }> {
  const key = newKey()
  const certificate = await makeServer(key, names, of.intermediate, options.validFrom ?? now)
  const chain = options.chain ?? of.intermediate.certificate + of.root
  server = createServer({ key: pem(key), cert: certificate + chain, minVersion: 'TLSv1.3' }, (socket) =>
    socket.on('error', () => {}),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { host: 'localhost', port: typeof address === 'object' && address !== null ? address.port : 0 }
}
/** The same certificate with one bit of its signature turned: everything in it still reads as before. */
function forged(certificate: string): string {
  const der = Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64')
  der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1)
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
}
const soon = (): AbortSignal => AbortSignal.timeout(5_000)

describe('a pinned root', () => {
  test('is found in the chain that the server shows, by the pin alone', async () => {
    const peer = await serve(['localhost'], ours)
    const root = await fetchRoot(peer, pinOf(ours.root), soon())
    expect(isPinned(root, pinOf(ours.root))).toBe(true)
    await expect(fetchRoot(peer, pinOf(others.root), soon())).rejects.toThrow(/not the one that was pinned/)
  })

  test('a server under it is taken, with nothing to say about its dates', async () => {
    const peer = await serve(['localhost'], ours)
    const { socket, skew } = await connectPinned(peer, { root: ours.root }, soon())
    socket.destroy()
    expect(skew).toBe(false)
  })

  test.for([
    ['not yet valid', 400 * DAY_MS],
    ['expired', -500 * DAY_MS],
  ] as const)('one whose certificate is %s by this clock is taken, and flagged', async ([, shift]) => {
    const peer = await serve(['localhost'], ours, { validFrom: now + shift })
    const { socket, skew } = await connectPinned(peer, { root: ours.root }, soon())
    socket.destroy()
    expect(skew).toBe(true)
  })

  test.for([
    ['under another root', () => serve(['localhost'], others)],
    [
      'with our root shown beside another authority',
      () => serve(['localhost'], others, { chain: others.intermediate.certificate + ours.root }),
    ],
    ['of another name', () => serve(['elsewhere.example'], ours)],
    ['of another name, and expired', () => serve(['elsewhere.example'], ours, { validFrom: now - 500 * DAY_MS })],
    [
      'under another root, and expired',
      () =>
        serve(['localhost'], others, {
          validFrom: now - 500 * DAY_MS,
          chain: others.intermediate.certificate + ours.root,
        }),
    ],
    [
      'under an authority that our root did not sign, and expired',
      () =>
        serve(['localhost'], ours, {
          validFrom: now - 500 * DAY_MS,
          chain: forged(ours.intermediate.certificate) + ours.root,
        }),
    ],
    ['whose chain is not whole', () => serve(['localhost'], ours, { chain: ours.root })],
  ] as const)('a server %s is refused', async ([, started]) => {
    const peer = await started()
    const answer = await connectPinned(peer, { root: ours.root }, soon()).catch((error: unknown) => error)
    expect(answer).toBeInstanceOf(PeerError)
    expect(String(answer)).toMatch(/did not prove itself/)
  })

  test('nobody there, and a server that says nothing, are errors that say so', async () => {
    const peer = await serve(['localhost'], ours)
    server?.close()
    await expect(connectPinned(peer, { root: ours.root }, soon())).rejects.toThrow(/No connection to localhost/)
    const { createServer: createPlain } = await import('node:net')
    const mute = createPlain(() => {}).listen(0, '127.0.0.1')
    await once(mute, 'listening')
    const address = mute.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await expect(
      connectPinned({ host: 'localhost', port }, { root: ours.root }, AbortSignal.timeout(200)),
    ).rejects.toThrow(/took too long/)
    mute.close()
  })
})

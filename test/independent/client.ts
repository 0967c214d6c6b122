/** A second agent's side of the wire, written from docs/protocol.md alone: enrols, connects, says what it holds, sends logs
 *  (log.ts), checks what it gets (documents.ts). It can lie. */
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto'
import { request } from 'node:https'
import { connect } from 'node:tls'
import { WebSocket } from 'ws'
export * from './documents.ts'
export * from './log.ts'

const LIMIT_MS = 8_000

export interface Identity {
  readonly agent: string
  readonly key: KeyObject
}
export const newIdentity = (agent: string = randomUUID()): Identity => ({
  agent,
  key: generateKeyPairSync('ed25519').privateKey,
})

// PKCS#10 (RFC 2986) of an Ed25519 key (RFC 8410), by hand.
const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body])
  if (body.length < 256) return Buffer.concat([Buffer.from([tag, 0x81, body.length]), body])
  return Buffer.concat([Buffer.from([tag, 0x82, body.length >> 8, body.length & 255]), body])
}
const SEQUENCE = 0x30
const ed25519 = der(SEQUENCE, Buffer.from('06032b6570', 'hex'))

export function certificateRequest({ agent, key }: Identity): string {
  const commonName = der(SEQUENCE, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from(agent)))
  const subject = der(SEQUENCE, der(0x31, commonName))
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const info = der(SEQUENCE, Buffer.from('020100', 'hex'), subject, publicKey, der(0xa0))
  const signature = der(0x03, Buffer.from([0]), sign(null, info, key))
  const base64 = der(SEQUENCE, info, ed25519, signature).toString('base64')
  return `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`
}

/** The root that the server shows, where its public key is the pinned one. */
export function pinnedRoot(url: string, pin: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(
      { host: hostname, port: Number(port), rejectUnauthorized: false, servername: 'localhost' },
      () => {
        let certificate = socket.getPeerCertificate(true)
        while (certificate.issuerCertificate.fingerprint256 !== certificate.fingerprint256)
          certificate = certificate.issuerCertificate
        const root = new X509Certificate(certificate.raw)
        const spki = root.publicKey.export({ type: 'spki', format: 'der' })
        const found = `sha256:${createHash('sha256').update(spki).digest('hex')}`
        socket.destroy()
        if (found === pin) resolve(root.toString())
        else reject(new Error(`the server’s root is ${found}`))
      },
    )
    socket.once('error', reject)
  })
}

export interface Answer {
  readonly status: number
  readonly body: Record<string, string>
}

export function post(url: string, root: string, body: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      `${url}/enrol`,
      { method: 'POST', ca: root, servername: 'localhost', agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const parsed = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>
          resolve({ status: response.statusCode ?? 0, body: parsed })
        })
      },
    )
    call.once('error', reject)
    call.end(body)
  })
}

/** Two readings of a machine that no other identity has. */
export const machineOf = ({ agent }: Identity): { uuid: string; macs: string[] } => {
  const hex = createHash('sha256').update(agent).digest('hex')
  return { uuid: agent, macs: [['52', '54', ...(hex.slice(0, 8).match(/../g) ?? [])].join(':')] }
}

export const enrolment = (identity: Identity, token: string, over: Record<string, unknown> = {}): string =>
  JSON.stringify({
    token,
    csr: certificateRequest(identity),
    host: 'pc-1',
    at: '2026-01-05T09:00:00.000+08:00',
    machine: machineOf(identity),
    passport: { macs: ['52:54:00:00:00:01'] },
    ...over,
  })

export interface Message {
  readonly header: Record<string, unknown>
  readonly body: string
}

/** A connected agent. `next` gives the next message of that type, and fails after 8 s or when the connection ends first. */
export interface Agent {
  readonly socket: WebSocket
  readonly send: (header: object, body?: string) => void
  readonly next: (type: string) => Promise<Message>
  /** Everything else that was heard. */
  readonly closed: Promise<number>
  readonly leave: () => Promise<void>
}

export async function connectAgent(
  url: string,
  tls: { root: string; key?: KeyObject; certificate?: string },
  protocol = 'shoumi.1',
): Promise<Agent> {
  const { root, key, certificate } = tls
  const own = key === undefined ? {} : { key: key.export({ type: 'pkcs8', format: 'pem' }), cert: certificate }
  const socket = new WebSocket(`${url.replace('https', 'wss')}/agent/v1`, protocol, {
    ca: root,
    perMessageDeflate: false,
    ...own,
  })
  const heard: Message[] = []
  let wake = (): void => undefined
  let over = false
  const closed = new Promise<number>((resolve) => {
    socket.on('close', (code) => {
      over = true
      wake()
      resolve(code)
    })
  })
  socket.on('message', (data: Buffer) => {
    const text = data.toString()
    const end = text.indexOf('\n')
    const header = JSON.parse(end < 0 ? text : text.slice(0, end)) as Record<string, unknown>
    heard.push({ header, body: end < 0 ? '' : text.slice(end + 1) })
    wake()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => undefined) // told by `close`
  const next = async (type: string): Promise<Message> => {
    const deadline = Date.now() + LIMIT_MS
    for (;;) {
      const at = heard.findIndex(({ header }) => header['type'] === type)
      const [found] = at < 0 ? [] : heard.splice(at, 1)
      if (found !== undefined) return found
      const left = deadline - Date.now()
      if (over || left <= 0) throw new Error(`no ${type}; heard ${JSON.stringify(heard.map(({ header }) => header))}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        wake = () => (clearTimeout(timer), resolve())
      })
    }
  }
  return {
    socket,
    send: (header, body) =>
      socket.send(body === undefined ? JSON.stringify(header) : `${JSON.stringify(header)}\n${body}`),
    next,
    closed,
    leave: async () => {
      socket.close()
      await closed
    },
  }
}

export interface Held {
  readonly epoch: string
  readonly size: number
}
export const hello = (epochs: readonly Held[], over: object = {}): object => ({
  type: 'hello',
  version: '0',
  boot: '44444444-4444-4444-8444-444444444444',
  clock: { at: '2026-01-05T09:00:00.000+08:00', mono: 1 },
  policy: 0,
  register: 0,
  media: [],
  epochs,
  ...over,
})

/** What the store holds, of each epoch that was named. */
export interface Welcome {
  readonly epochs: readonly (Held & { readonly root: string })[]
  readonly window: number
  readonly time: string
}

/** Says what this agent holds, `perPage` epochs a page, its newest receipt on the first; joins the answers. Throws where one
 *  of them is not the answer to its page. */
export async function greet(
  agent: Pick<Agent, 'send' | 'next'>,
  epochs: readonly Held[],
  of: { receipt?: string; perPage?: number; over?: object } = {},
): Promise<Welcome> {
  const { receipt, perPage = 4096, over } = of
  const welcomes: Welcome[] = []
  for (let at = 0; at === 0 || at < epochs.length; at += perPage) {
    const page = epochs.slice(at, at + perPage)
    const isLast = at + perPage >= epochs.length
    agent.send(hello(page, { ...over, ...(!isLast && { more: true }) }), at === 0 ? receipt : undefined)
    welcomes.push(welcomeIn((await agent.next('welcome')).header, page))
  }
  const [first] = welcomes
  if (first === undefined) throw new Error('no page was sent')
  return { ...first, epochs: welcomes.flatMap(({ epochs: held }) => held) }
}

const emptyRoot = createHash('sha256').digest('hex')

function welcomeIn(header: Record<string, unknown>, page: readonly Held[]): Welcome {
  const { epochs, window, time } = header as unknown as Welcome
  const wrong = (what: string): Error => new Error(`a welcome ${what}: ${JSON.stringify(header).slice(0, 500)}`)
  if (JSON.stringify(epochs.map(({ epoch }) => epoch)) !== JSON.stringify(page.map(({ epoch }) => epoch)))
    throw wrong('for other epochs')
  for (const { size, root } of epochs) {
    if (!Number.isSafeInteger(size) || size < 0 || !/^[0-9a-f]{64}$/.test(root)) throw wrong('without size and root')
    if ((size === 0) !== (root === emptyRoot)) throw wrong('with a root that is not of its size')
  }
  if (!Number.isSafeInteger(window) || window < 1 || window > 64) throw wrong('without a window')
  if (!/^[0-9-]{10}T[0-9:.]{12}[+-][0-9]{2}:[0-9]{2}$/.test(time)) throw wrong('without a time')
  return { epochs, window, time }
}

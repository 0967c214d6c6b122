/** A second agent's side of the wire, written from the contracts alone: enrols, connects, sends logs. It can lie. */
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
import { leafHash, signedCheckpoint, treeHash } from './evidence.ts'

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

export const enrolment = (identity: Identity, token: string, over: Record<string, unknown> = {}): string =>
  JSON.stringify({
    token,
    csr: certificateRequest(identity),
    host: 'pc-1',
    at: '2026-01-05T09:00:00.000+08:00',
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

/** A log as its agent keeps it. */
export interface Log {
  readonly epoch: string
  readonly lines: string[]
  /** These entries, as the body of an `events` message, under a checkpoint after the last; `spoil` may lie in any of it. */
  readonly body: (from: number, to?: number, spoil?: Partial<Claim>) => string
  readonly rootAt: (size: number) => string
}
interface Claim {
  origin: string
  size: number
  root: Buffer
  keyName: string
  key: KeyObject
  entries: string[]
}

export function newLog({ agent, key }: Identity, lines: string[] = [], epoch: string = randomUUID()): Log {
  const treeOf = (size: number): Buffer => treeHash(lines.slice(0, size).map(leafHash))
  return {
    epoch,
    lines,
    body(from, to = lines.length, spoil = {}) {
      const origin = `shoumi.1/${agent}/${epoch}`
      const claim = { origin, size: to, root: treeOf(to), keyName: `shoumi.1/${agent}`, key, ...spoil }
      return `${(spoil.entries ?? lines.slice(from, to)).join('\n')}\n\n${signedCheckpoint(claim)}`
    },
    rootAt: (size) => treeOf(size).toString('hex'),
  }
}

export const hello = (epochs: { epoch: string; size: number }[], over: object = {}): object => ({
  type: 'hello',
  version: '0',
  boot: '44444444-4444-4444-8444-444444444444',
  clock: { at: '2026-01-05T09:00:00.000+08:00', mono: 1 },
  policy: 0,
  register: 0,
  epochs,
  ...over,
})

let salt = 0
/** An event's line, right by the contracts; `ms` after a fixed moment. */
export function line(kind: string, ms: number, parts: Record<string, unknown> = {}): string {
  salt += 1
  return JSON.stringify({
    v: 1,
    salt: salt.toString(16).padStart(32, '0'),
    at: new Date(Date.UTC(2026, 0, 5, 9) + ms).toISOString().replace('Z', '+08:00'),
    mono: 1_000_000 + ms,
    boot: '44444444-4444-4444-8444-444444444444',
    kind,
    found: 'live',
    subject: {},
    verdicts: [],
    detail: {},
    ...parts,
  })
}
export const started = (previous?: { epoch: string; size: number; root: string }): string =>
  line('agent.started', 0, {
    detail: {
      version: '0',
      host: 'pc-1',
      platform: 'linux',
      ...(previous && { previous: { ...previous, ended: 'clean', at: '2026-01-05T08:59:00.000+08:00' } }),
    },
  })
export const linkUp = (ms: number): string =>
  line('net.link-up', ms, { subject: { interface: { index: 2, name: '网卡0', type: 'ethernet' } } })

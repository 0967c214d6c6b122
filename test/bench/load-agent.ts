/** One sender: an agent that enrols, greets, and sends as fast as it gets receipts. Written on shared/ alone. */
import 'reflect-metadata'
import { createPrivateKey, generateKeyPairSync, randomUUID, webcrypto, type KeyObject } from 'node:crypto'
import { request } from 'node:https'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'
import { WebSocket } from 'ws'
import { agentKeyName, openReceipt, signCheckpoint } from '#shared/evidence/checkpoint.ts'
import { append, emptyFrontier, leafHash, type Frontier } from '#shared/evidence/merkle.ts'
import { openPolicy } from '#shared/policy/documents.ts'
import { systemClock, timeNow } from '#shared/vocabulary/clock.ts'
import type { EnrolReply, EnrolRequest } from '#shared/wire/enrolment.ts'
import { writeEntries } from '#shared/wire/entries.ts'
import {
  AGENT_PATH,
  ENROL_PATH,
  MAX_ENTRIES,
  MAX_ENTRY_BYTES,
  readMessage,
  SUBPROTOCOL,
  writeMessage,
} from '#shared/wire/messages.ts'
import { lineSource } from './load-events.ts'

export interface Enrolled {
  readonly agent: string
  readonly key: KeyObject
  readonly reply: EnrolReply
}

/** `nth`: each has an address of its own, for so many may enrol from one. */
export async function enrol(port: number, token: string, nth: number): Promise<Enrolled> {
  const agent = randomUUID()
  const { privateKey: key } = generateKeyPairSync('ed25519')
  const algorithm = { name: 'Ed25519' }
  const pkcs8 = Uint8Array.from(key.export({ type: 'pkcs8', format: 'der' }))
  const privateKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign'])
  const { kty, crv, x } = await webcrypto.subtle.exportKey('jwk', privateKey)
  const publicJwk = { ...(kty && { kty }), ...(crv && { crv }), ...(x && { x }) }
  const publicKey = await webcrypto.subtle.importKey('jwk', publicJwk, algorithm, true, ['verify'])
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: `CN=${agent}`,
    keys: { privateKey, publicKey },
    signingAlgorithm: algorithm,
  })
  const about = { host: 'bench', at: timeNow(systemClock), machine: {}, passport: {} }
  const body: EnrolRequest = { token, csr: csr.toString('pem'), ...about }
  return { agent, key, reply: JSON.parse(await post(port, `127.0.1.${1 + (nth % 254)}`, JSON.stringify(body))) }
}

/** The pin is not what is measured: the authority is taken on trust here, and checked from then on. */
const post = (port: number, localAddress: string, body: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const options = {
      host: 'localhost',
      family: 4,
      localAddress,
      port,
      path: ENROL_PATH,
      method: 'POST',
      headers,
      rejectUnauthorized: false,
    }
    const ask = request({ ...options, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.once('end', () =>
        response.statusCode === 200
          ? resolve(text)
          : reject(new Error(`Enrolment was refused: ${response.statusCode} ${text}`)),
      )
    })
    ask.once('error', reject)
    ask.end(body)
  })

export interface Receipted {
  readonly entries: number
  readonly bytes: number
  /** From handing the message to the socket until its receipt was verified, ms. */
  readonly tookMs: number
}

export interface Sender {
  readonly go: () => void
  /** Sends until told to stop; then waits for the receipts of what is on its way. Rejects where it is refused. */
  readonly done: Promise<void>
  readonly stop: () => void
}

export interface Sending {
  /** The line at an index of its log. */
  readonly line?: (index: number) => string
  readonly perMessage?: number
  /** Between a receipt and the next message, which then is the only one on its way; 0: as fast as it can. */
  readonly pauseMs?: number
}

/** Resolves when the collector has welcomed it; it sends nothing before it is told to go. */
export async function startSender(
  port: number,
  { agent, key, reply }: Enrolled,
  receipted: (receipt: Receipted) => void,
  { line = lineSource(), perMessage = MAX_ENTRIES, pauseMs = 0 }: Sending = {},
): Promise<Sender> {
  const policy = openPolicy(reply.policy, [reply.officeKey])
  if (!policy.ok) throw new Error(`The policy is not valid: ${policy.reason.en}`)
  const { receipts } = policy.document.keys
  const socket = new WebSocket(`wss://localhost:${port}${AGENT_PATH}`, SUBPROTOCOL, {
    cert: reply.certificate,
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    ca: reply.chain,
    perMessageDeflate: false,
  })
  const log = makeLog(agent, key, line, perMessage)
  const waiting: { size: number; entries: number; bytes: number; sentAt: number }[] = []
  const may = { send: false, window: 0 }

  const { promise: done, resolve, reject } = Promise.withResolvers<void>()
  const welcomed = Promise.withResolvers<void>()
  const fail = (why: string): void => {
    const error = new Error(why)
    reject(error)
    welcomed.reject(error)
    socket.terminate()
  }
  const push = (): void => {
    if (pauseMs > 0 && waiting.length > 0) return
    while (may.send && waiting.length < (pauseMs > 0 ? 1 : may.window)) {
      const { message, ...about } = log.next()
      waiting.push({ ...about, sentAt: performance.now() })
      socket.send(message)
    }
    if (!may.send && waiting.length === 0) {
      resolve()
      socket.close(1000)
    }
  }
  socket.on('message', (data) => {
    const message = Buffer.isBuffer(data) ? readMessage(data) : undefined
    if (message?.header.type === 'bye') fail(`The collector said bye: ${JSON.stringify(message.header)}`)
    if (message?.header.type === 'welcome') {
      may.window = message.header.window
      welcomed.resolve()
    }
    if (message?.header.type !== 'receipt') return
    const receipt = openReceipt(message.body.toString('utf8'), receipts)
    const oldest = waiting.shift()
    if (receipt === undefined || oldest === undefined || receipt.size !== oldest.size)
      return fail('A receipt is not valid, or not the next.')
    receipted({ entries: oldest.entries, bytes: oldest.bytes, tookMs: performance.now() - oldest.sentAt })
    if (pauseMs > 0 && may.send) setTimeout(push, pauseMs)
    else push()
  })
  socket.once('error', (error) => fail(error.message))
  socket.once('close', () => fail('The connection was lost.')) // after `done` this changes nothing
  socket.once('open', () => socket.send(helloOf(log.epoch)))
  void done.catch(() => undefined) // whoever started it hears of it by `done`
  await welcomed.promise
  return {
    done,
    go() {
      may.send = true
      push()
    },
    stop() {
      may.send = false
      push()
    },
  }
}

const helloOf = (epoch: string): string =>
  writeMessage({
    type: 'hello',
    version: '0.1.0',
    boot: '44444444-4444-4444-8444-444444444444',
    clock: { at: timeNow(systemClock), mono: systemClock.monotonic() },
    media: [],
    policy: Number.MAX_SAFE_INTEGER % 1_000_000_000, // newer than any: no document is handed over while we measure
    register: Number.MAX_SAFE_INTEGER % 1_000_000_000,
    epochs: [{ epoch, size: 1 }],
  })

function makeLog(agent: string, key: KeyObject, line: (index: number) => string, perMessage: number) {
  const epoch = randomUUID()
  const signer = {
    name: agentKeyName(agent),
    privateKey: createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' })),
  }
  let frontier: Frontier = emptyFrontier
  return {
    epoch,
    /** As full a message as docs/protocol.md#events allows. */
    next() {
      const lines: string[] = []
      let bytes = 0
      while (lines.length < perMessage) {
        const next = line(frontier.size + lines.length)
        lines.push(next)
        bytes += Buffer.byteLength(next)
        if (bytes + 1024 > MAX_ENTRY_BYTES) break
      }
      const from = frontier.size
      frontier = append(
        frontier,
        lines.map((each) => leafHash(each)),
      )
      const checkpoint = signCheckpoint({ agent, epoch, frontier }, signer)
      const message = writeMessage({ type: 'events', epoch, from }, writeEntries(lines, checkpoint))
      return { message, size: frontier.size, entries: lines.length, bytes }
    },
  }
}

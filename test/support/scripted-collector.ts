/** The other end of an agent's uplink, that does what a test says: refuses, stays silent, forgets. Real TLS and WebSocket;
 *  what a collector would not take of the agent fails the test. */
import { createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { TLSSocket } from 'node:tls'
import { WebSocketServer, type WebSocket } from 'ws'
import { writeEnrolment } from '#agent/identity/enrolment.ts'
import { openIdentity } from '#agent/identity/identity.ts'
import { makeAgent, makeIntermediate, makeRoot, makeServer, pinOf } from '#collector/trust/authority.ts'
import { agentKeyName, collectorKeyName, makeReceipt, openCheckpoint } from '#shared/evidence/checkpoint.ts'
import { append, emptyFrontier, rootOf } from '#shared/evidence/merkle.ts'
import { cosignatureVerifierKey, noteVerifierKey } from '#shared/evidence/note.ts'
import { OFFICE_KEY_NAME, REGISTER_KEY_NAME, signDocument } from '#shared/policy/documents.ts'
import type { EnrolReply } from '#shared/wire/enrolment.ts'
import { readEntries, type Entry } from '#shared/wire/entries.ts'
import { readMessage, writeMessage, type HeaderOf, type Message } from '#shared/wire/messages.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface Batch {
  readonly epoch: string
  readonly from: number
  readonly entries: readonly Entry[]
  /** Gives the receipt that is due. */
  readonly accept: () => void
  /** Nothing that comes after it is taken, though it is on its way already. */
  readonly bye: (bye: Omit<HeaderOf<'bye'>, 'type'>) => void
}

export interface ScriptedCollector extends AsyncDisposable {
  readonly address: string
  readonly caPin: string
  /** Of an agent that is enrolled here already. */
  readonly dataDir: string
  /** Every `hello` so far. */
  readonly greetings: HeaderOf<'hello'>[]
  /** Of each epoch, the lines that were accepted; what a `welcome` says it holds. */
  readonly held: Map<string, string[]>
  /** What is done with each `events` message; `accept` unless set otherwise. */
  onBatch: (batch: Batch) => void
  /** What enrols that agent. */
  readonly replyFor: (agent: string) => EnrolReply
  /** What `POST /enrol` is answered with; 503 unless set otherwise. */
  onEnrol: (request: unknown) => { readonly status: number; readonly body: string }
  /** False: says nothing any more, not even that it lives. */
  alive: boolean
}

const dated = { version: 1, issued: '2026-01-01T00:00:00.000+08:00', expires: '2126-01-01T00:00:00.000+08:00' }

export async function scriptedCollector(): Promise<ScriptedCollector> {
  const now = Date.now()
  const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const ed25519 = (): KeyObject => generateKeyPairSync('ed25519').privateKey
  const [rootKey, key, serverKey] = [newKey(), newKey(), newKey()]
  const uuid = randomUUID()
  const root = await makeRoot(rootKey, uuid, now)
  const authority = { key, certificate: await makeIntermediate(key, uuid, { certificate: root, key: rootKey }, now) }
  const chain = authority.certificate + root
  const [office, register, receipts] = [ed25519(), ed25519(), ed25519()]
  const receiptSigner = { name: collectorKeyName(uuid), privateKey: receipts }

  const { path: dataDir, remove } = temporaryFolder()
  const { agent, privateKey } = await openIdentity(dataDir)
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  const keys = {
    register: [noteVerifierKey(REGISTER_KEY_NAME, register)],
    receipts: [cosignatureVerifierKey(receiptSigner.name, receipts)],
  }
  const endpoint = {
    name: 'e',
    level: 'internal',
    networkKind: 'intranet',
    department: 'd',
    status: 'confirmed',
  } as const
  const certificate = await makeAgent(agent, publicKey, authority, now)
  const replyFor = (whom: string): EnrolReply => ({
    certificate,
    chain,
    collector: uuid,
    officeKey: noteVerifierKey(OFFICE_KEY_NAME, office),
    policy: signDocument('policy', { ...dated, rules: [], keys }, { name: OFFICE_KEY_NAME, privateKey: office }),
    register: signDocument(
      'register',
      { ...dated, agent: whom, endpoint, approvals: [] },
      { name: REGISTER_KEY_NAME, privateKey: register },
    ),
    status: 'confirmed',
  })
  await writeEnrolment(dataDir, { ...replyFor(agent), root })

  const https = createServer({
    key: serverKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: (await makeServer(serverKey, ['localhost'], authority, now)) + chain,
    ca: [root],
    requestCert: true,
    rejectUnauthorized: false, // who enrols has no certificate yet
    minVersion: 'TLSv1.3',
  })
  const sockets = new WebSocketServer({ server: https, autoPong: false })
  https.listen(0, '127.0.0.1')
  await once(https, 'listening')
  const bound = https.address()
  const collector: ScriptedCollector = {
    address: `wss://localhost:${typeof bound === 'object' && bound !== null ? bound.port : 0}`,
    caPin: pinOf(root),
    dataDir,
    greetings: [],
    held: new Map(),
    onBatch: ({ accept }) => accept(),
    replyFor,
    onEnrol: () => ({ status: 503, body: '' }),
    alive: true,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      https.close()
      https.closeAllConnections()
      remove()
    },
  }
  const agentKey = noteVerifierKey(agentKeyName(agent), privateKey)
  const leaves = new Map<string, Buffer[]>()
  const rootAt = (epoch: string, size: number): Buffer =>
    rootOf(append(emptyFrontier, (leaves.get(epoch) ?? []).slice(0, size)))
  const left = new WeakSet<WebSocket>()
  const greeted = new WeakSet<WebSocket>()
  const answer = (socket: WebSocket, { header, body }: Message): void => {
    if (left.has(socket)) return
    if (header.type === 'bye') return void left.add(socket)
    if ((header.type === 'hello') === greeted.has(socket)) throw new Error(`${header.type} has no place here`)
    const say = (message: string): void => void (collector.alive && socket.send(message))
    if (header.type === 'hello') {
      greeted.add(socket)
      collector.greetings.push(header)
      const epochs = header.epochs.map(({ epoch }) => {
        const size = collector.held.get(epoch)?.length ?? 0
        return { epoch, size, root: rootAt(epoch, size).toString('hex') }
      })
      say(writeMessage({ type: 'welcome', epochs, window: 2, time: '2026-03-01T09:00:00.000+08:00' }))
    }
    if (header.type !== 'events') return
    const read = readEntries(body, 500)
    if (!read.ok) throw new Error(read.detail)
    const { epoch, from } = header
    const accept = (): void => {
      const lines = collector.held.get(epoch) ?? []
      if (from > lines.length) throw new Error(`${epoch} has a gap: ${from} after ${lines.length}`)
      const before = (leaves.get(epoch) ?? []).slice(0, from)
      leaves.set(epoch, [...before, ...read.entries.map(({ leaf }) => leaf)])
      const size = from + read.entries.length
      const checkpoint = openCheckpoint(read.checkpoint, agentKey)
      if (checkpoint?.epoch !== epoch || checkpoint.size !== size || !checkpoint.root.equals(rootAt(epoch, size)))
        throw new Error(`${epoch} at ${size} is not what its checkpoint says`)
      const fresh = read.entries.slice(lines.length - from).map((e) => e.line?.toString() ?? `tombstone: ${e.reason}`)
      collector.held.set(epoch, [...lines, ...fresh])
      say(writeMessage({ type: 'receipt' }, makeReceipt(read.checkpoint, receiptSigner, Math.floor(Date.now() / 1000))))
    }
    const bye: Batch['bye'] = (why) => {
      left.add(socket)
      say(writeMessage({ type: 'bye', ...why }))
      socket.close()
    }
    collector.onBatch({ epoch, from, entries: read.entries, accept, bye })
  }
  https.on('request', (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { status, body } = collector.onEnrol(JSON.parse(Buffer.concat(chunks).toString('utf8')))
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
  })
  sockets.on('connection', (socket, request) => {
    if (!(request.socket instanceof TLSSocket && request.socket.authorized)) throw new Error('It has no certificate.')
    socket.on('ping', () => void (collector.alive && socket.pong()))
    socket.on('message', (data) => {
      const message = Buffer.isBuffer(data) ? readMessage(data) : undefined
      if (message === undefined) throw new Error('The agent said what is no message.')
      answer(socket, message)
    })
  })
  return collector
}

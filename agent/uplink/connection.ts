/** One WebSocket to a collector: messages in order, one at a time; a peer that has gone silent is noticed within 30 s. */
import { WebSocket, type RawData } from 'ws'
import { connectPinned, type Credentials, type Peer } from '#agent/identity/pinned.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { AGENT_PATH, MAX_MESSAGE_BYTES, readOpenMessage, SUBPROTOCOL, writeMessage } from '#shared/wire/messages.ts'
import type { MessageHeader, Message } from '#shared/wire/messages.ts'

export interface Connection {
  /** Not waited for: at most `window` event messages of 256 KiB wait in the socket. */
  readonly send: (header: MessageHeader, body?: string) => void
  /** Lets what was sent go out, then closes; after a second the socket is cut. */
  readonly close: () => void
  /** Resolves with why, once the socket is gone. */
  readonly closed: Promise<string>
  /** The server proved itself but for the dates in its certificates. */
  readonly skew: boolean
}

export interface ConnectionHooks {
  /** The first that is said. */
  readonly hello: () => { readonly header: MessageHeader; readonly body: string }
  /** The next message is not given before this resolves; it does not reject. */
  readonly message: (message: Message) => Promise<void>
  /** One of a type that this version does not know came, and was skipped. */
  readonly unknown: (type: string) => void
  readonly heartbeat: () => MessageHeader
}

const HEARTBEAT_MS = 10_000
const SILENT_MS = 20_000 // looked at with every heartbeat: noticed 20 to 30 s after the last sign of life
const CLOSING_MS = 1_000

/** Rejects, saying why, where no connection comes about before `signal` aborts; later it cuts the connection. */
export async function openConnection(
  peer: Peer,
  credentials: Credentials,
  hooks: ConnectionHooks,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<Connection> {
  const { socket: tls, skew } = await connectPinned(peer, credentials, signal)
  const host = peer.host.includes(':') ? `[${peer.host}]` : peer.host
  const socket = new WebSocket(`wss://${host}:${peer.port}${AGENT_PATH}`, SUBPROTOCOL, {
    createConnection: () => tls,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  })
  const ended = new AbortController()
  const closed = closingOf(socket, ended)
  const cut = (): void => socket.terminate()
  signal.addEventListener('abort', cut)
  void closed.then(() => signal.removeEventListener('abort', cut))
  const lastHeard = hear(socket, hooks, { clock, signal: ended.signal })
  const opened = new Promise<undefined>((resolve) => void socket.once('open', () => resolve(undefined)))
  if (signal.aborted) cut()
  const failure = await Promise.race([opened, closed])
  if (failure !== undefined) throw new Error(failure)

  const send = (header: MessageHeader, body?: string): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(writeMessage(header, body))
  }
  const beat = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(HEARTBEAT_MS, ended.signal)
      if (ended.signal.aborted) return
      if (clock.monotonic() - lastHeard() > SILENT_MS) return socket.terminate()
      send(hooks.heartbeat())
      socket.ping()
    }
  }
  const { header, body } = hooks.hello()
  send(header, body)
  void beat()
  return {
    send,
    close() {
      socket.close(1000)
      void clock.sleep(CLOSING_MS, ended.signal).then(cut)
    },
    closed,
    skew,
  }
}

function closingOf(socket: WebSocket, ended: AbortController): Promise<string> {
  return new Promise((resolve) => {
    let why = ''
    socket.on('error', (error) => {
      why = error.message
    })
    socket.on('close', (code, reason) => {
      ended.abort()
      resolve(why || reason.toString() || `the connection was closed (${code})`)
    })
  })
}

/** Gives the messages on, one at a time; returns when the last sign of life came. */
function hear(
  socket: WebSocket,
  { message, unknown }: ConnectionHooks,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): () => number {
  let lastHeard = clock.monotonic()
  const alive = (): void => {
    lastHeard = clock.monotonic()
  }
  const take = (data: RawData, isBinary: boolean): Promise<void> => {
    if (signal.aborted) return Promise.resolve()
    const read = isBinary || !Buffer.isBuffer(data) ? undefined : readOpenMessage(data)
    if (read !== undefined && 'unknown' in read) return Promise.resolve(unknown(read.unknown))
    if (read !== undefined) return message(read)
    socket.close(1002, 'no message of shoumi.1')
    return Promise.resolve()
  }
  let before = Promise.resolve()
  socket.on('ping', alive)
  socket.on('pong', alive)
  socket.on('message', (data, isBinary) => {
    alive()
    socket.pause() // what the socket had read already still comes; the chain keeps it in order
    before = before.then(() => take(data, isBinary)).finally(() => socket.resume())
  })
  return () => lastHeard
}

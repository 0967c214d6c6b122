/** One agent's WebSocket: messages one by one, the next not before the last is dealt with. A socket that is not read is
 *  the whole back-pressure. */
import type { WebSocket } from 'ws'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { writeMessage, type Header, type HeaderOf } from '#shared/wire/messages.ts'

/** A peer that takes nothing while it sends is not waited for: 4,000 receipts of 1 KiB. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024
/** After `bye` the other side has this long to close by itself. */
const CLOSING_MS = 2_000

export type Incoming =
  | { readonly bytes: Buffer; readonly fault?: undefined }
  /** The socket could not make a message of what came; it closes by itself. */
  | { readonly bytes?: undefined; readonly fault: 'size' | 'malformed'; readonly detail: string }

export interface Connection {
  readonly peer: string
  /** Ends when the socket has closed or `bye` was said. To be walked once. */
  readonly messages: AsyncIterable<Incoming>
  /** False where the peer has stopped reading; then the socket is gone. */
  readonly send: (header: Header, body?: string) => boolean
  /** Says why, and closes; nothing more is taken. */
  readonly bye: (why: Omit<HeaderOf<'bye'>, 'type'>) => void
  readonly terminate: () => void
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>
  /** When it last said anything, by the monotonic clock; now, while we do not listen. */
  readonly heardAt: () => number
}

/** Pings are answered here: the socket's `autoPong` has to be off. `unread` hears of a peer that stopped reading. */
export function openConnection(
  socket: WebSocket,
  { peer, clock, unread }: { peer: string; clock: Clock; unread: () => void },
): Connection {
  const queue: Incoming[] = [] // bounded by what one read of the socket holds: 64 KiB, or one message
  let gone = false
  let leaving = false
  let heardAt = clock.monotonic()
  let wake: (() => void) | undefined
  const arrived = (incoming: Incoming): void => {
    heardAt = clock.monotonic()
    if (leaving) return
    queue.push(incoming)
    socket.pause()
    wake?.()
  }
  socket.on('message', (data, isBinary) => {
    if (isBinary || !Buffer.isBuffer(data)) arrived({ fault: 'malformed', detail: 'a binary message' })
    else arrived({ bytes: data })
  })
  socket.on('error', (error: Error & { code?: string }) => {
    const { code = '', message } = error
    if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') arrived({ fault: 'size', detail: message })
    else if (code.startsWith('WS_ERR')) arrived({ fault: 'malformed', detail: message })
    // else the network: `close` follows, and the agent comes again
  })
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      gone = true
      wake?.()
      resolve()
    })
  })
  async function* messages(): AsyncGenerator<Incoming> {
    for (;;) {
      const next = leaving ? undefined : queue.shift()
      if (next !== undefined) yield next
      else if (gone || leaving) return
      else
        await new Promise<void>((resolve) => {
          wake = resolve
          socket.resume()
        })
    }
  }
  const isRead = (): boolean => {
    if (socket.readyState !== socket.OPEN || socket.bufferedAmount <= MAX_UNREAD_BYTES) return true
    unread()
    socket.terminate()
    return false
  }
  socket.on('ping', (data) => {
    if (isRead()) socket.pong(data)
  })
  const send = (header: Header, body?: string): boolean => {
    if (!isRead()) return false
    socket.send(writeMessage(header, body), () => undefined) // a failed send closes the socket, and that is heard
    return true
  }
  return {
    peer,
    messages: messages(),
    send,
    bye(why) {
      leaving = true
      wake?.()
      if (!send({ type: 'bye', ...why })) return
      socket.resume() // else the answer to our closing is never read
      socket.close(1000)
      setTimeout(() => socket.terminate(), CLOSING_MS).unref()
    },
    terminate: () => socket.terminate(),
    closed,
    heardAt: () => (socket.isPaused ? clock.monotonic() : heardAt),
  }
}

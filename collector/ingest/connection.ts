/** One agent's WebSocket: messages one by one, the next not before the last is dealt with, and so many a second of what
 *  costs its sender nothing. A socket that is not read is the whole back-pressure: what is over waits in it. */
import type { WebSocket } from 'ws'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { writeMessage, type MessageHeader, type HeaderOf } from '#shared/wire/messages.ts'
import { openRate, type RateLimits } from '#collector/rate.ts'

/** A peer that takes nothing while it sends is not waited for: 4,000 receipts of 1 KiB. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024
/** After `bye` the other side has this long to close by itself. */
const CLOSING_MS = 2_000
/** Heartbeats, `applied`, `hello` and pings of one agent. An honest one sends six a minute, and 258 at once when all its
 *  documents are new. */
const SMALL_PER_SECOND = 20
const MAX_SMALL_AT_ONCE = 300
export const smallLimits: RateLimits = { perSecond: SMALL_PER_SECOND, burst: MAX_SMALL_AT_ONCE }

export type Incoming =
  | { readonly bytes: Buffer; readonly fault?: undefined }
  /** The socket could not make a message of what came; it closes by itself. */
  | { readonly bytes?: undefined; readonly fault: 'size' | 'malformed'; readonly detail: string }

export interface Connection {
  readonly peer: string
  /** Ends when the socket has closed or `bye` was said. To be walked once. */
  readonly messages: AsyncIterable<Incoming>
  /** Counts a message that costs its sender nothing: whoever sends too many is read later. */
  readonly spend: () => void
  /** False where the peer has stopped reading; then the socket is gone. */
  readonly send: (header: MessageHeader, body?: string) => boolean
  /** Says why, and closes; nothing more is taken. */
  readonly bye: (why: Omit<HeaderOf<'bye'>, 'type'>) => void
  readonly terminate: () => void
  /** Resolves when the socket is gone. */
  readonly closed: Promise<void>
  /** When it last said anything, by the monotonic clock; now, while we do not listen. */
  readonly heardAt: () => number
}

export interface ConnectionParts {
  readonly peer: string
  readonly clock: Clock
  /** Hears of a peer that stopped reading. */
  readonly unread: () => void
  readonly limits?: RateLimits
}

/** Pings are answered here: the socket's `autoPong` has to be off. */
export function openConnection(socket: WebSocket, parts: ConnectionParts): Connection {
  const { peer, clock, unread } = parts
  const queue: Incoming[] = [] // bounded by what one read of the socket holds: 64 KiB, or one message
  let [gone, leaving] = [false, false]
  let heardAt = clock.monotonic()
  let wake: (() => void) | undefined
  const isRead = (): boolean => {
    if (socket.readyState !== socket.OPEN || socket.bufferedAmount <= MAX_UNREAD_BYTES) return true
    unread()
    socket.terminate()
    return false
  }
  const over = new AbortController()
  const { spend, isHeld } = hold(parts, over.signal, () => wake?.())
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
      over.abort()
      wake?.()
      resolve()
    })
  })
  answerPings(socket, isRead, () => {
    spend()
    if (isHeld() && !leaving) socket.pause()
  })
  async function* messages(): AsyncGenerator<Incoming> {
    for (;;) {
      if (leaving || (gone && queue.length === 0)) return
      const next = isHeld() ? undefined : queue.shift()
      if (next !== undefined) yield next
      else
        await new Promise<void>((resolve) => {
          wake = resolve
          if (!isHeld()) socket.resume()
        })
    }
  }
  const send = (header: MessageHeader, body?: string): boolean => {
    if (!isRead()) return false
    socket.send(writeMessage(header, body), () => undefined) // a failed send closes the socket, and that is heard
    return true
  }
  return {
    peer,
    messages: messages(),
    spend,
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

/** Whoever owes is held until it owes nothing; `released` is told then. */
function hold(
  { clock, limits = smallLimits }: ConnectionParts,
  over: AbortSignal,
  released: () => void,
): { spend: () => void; isHeld: () => boolean } {
  const rate = openRate(limits, clock)
  let held = false
  const wait = async (): Promise<void> => {
    for (let owed = rate.owedMs(); owed > 0 && !over.aborted; owed = rate.owedMs()) await clock.sleep(owed, over)
    held = false
    released()
  }
  return {
    spend() {
      rate.spend()
      if (held || rate.owedMs() === 0) return
      held = true
      void wait()
    },
    isHeld: () => held,
  }
}

/** Of the pings that came in one read the newest alone is answered, which covers them all (RFC 6455 §5.5.3). */
function answerPings(socket: WebSocket, isRead: () => boolean, came: () => void): void {
  let newest: Buffer | undefined
  socket.on('ping', (data) => {
    came()
    if (newest === undefined)
      setImmediate(() => {
        if (newest !== undefined && isRead()) socket.pong(newest)
        newest = undefined
      })
    newest = data
  })
}

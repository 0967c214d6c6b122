/** Who may connect: so many in all, so many of one address, and some of the whole kept for addresses from which agents
 *  are known. Whoever says nothing is cut, sooner where there is a crowd. Stands before TLS: a peer that is turned away
 *  costs a socket for a moment and no handshake. */
import type { Server, Socket } from 'node:net'
import { addressKey } from '#collector/access/address.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { openPace } from './pace.ts'

/** Where a peer was turned away. */
export type Crowded = 'too-many' | 'too-many-of-address' | 'slow'

export interface ConnectionLimits {
  /** In all. */
  readonly most: number
  /** Of one address; more where more agents are known there. */
  readonly ofAddress: number
  /** Of all, those that strangers never get: who is not known yet, and not served yet, is bounded by the rest. */
  readonly reserved: number
  /** A connection that nobody serves yet lives so long once half of the whole, or of what strangers get, is taken. */
  readonly crowdedMs: number
  /** Whether handshakes of one address wait for one another (pace.ts). */
  readonly paced: boolean
  readonly lookEveryMs: number
}

export interface Peers {
  /** Agents known at that address, by its key; 0: a stranger. */
  readonly known?: (addressKey: string) => number
  /** A proxy has many behind it: no bound of its own, and no stranger. */
  readonly isProxy?: (addressKey: string) => boolean
}

/** Disposing cuts every connection that is left. */
export interface Bounded extends Disposable {
  /** The peer behind this socket (TLS or plain) is being served: it is not cut for being slow any more. */
  readonly served: (socket: Socket) => void
  readonly open: () => number
  /** Takes nobody more, and cuts those that are not served yet. */
  readonly shut: () => void
}

interface Peer {
  readonly socket: Socket
  readonly key: string
  /** Its address and port: a TLS socket says the same as the plain one under it. */
  readonly place: string
  /** In listened time: while the thread was busy nobody was slow. */
  readonly since: number
}

/** Bounds the connections of a server, TLS or plain, that is not listening yet. `refused` hears of each that is cut. */
export function boundConnections(
  server: Server,
  limits: ConnectionLimits,
  {
    clock,
    refused,
    known = () => 0,
    isProxy = () => false,
  }: Peers & {
    clock: Clock
    refused: (reason: Crowded, peer: string) => void
  },
): Bounded {
  const everyone = new Set<Peer>() // bounded by `most`, and so are the others
  const byAddress = new Map<string, number>()
  const waiting = new Map<string, Peer>() // not served yet, by place, oldest first
  const strangers = new Set<Peer>() // of those who wait
  const pace = openPace(known, clock)
  const over = new AbortController()
  let listened = 0

  const leave = (peer: Peer): void => {
    if (!everyone.delete(peer)) return
    strangers.delete(peer)
    if (waiting.get(peer.place) === peer) waiting.delete(peer.place)
    const others = (byAddress.get(peer.key) ?? 1) - 1
    if (others === 0) byAddress.delete(peer.key)
    else byAddress.set(peer.key, others)
  }
  const cut = (peer: Peer): void => {
    leave(peer)
    refused('slow', peer.key)
    peer.socket.destroy()
  }
  /** The oldest that is not served yet gives way to one that is known. */
  const makeRoom = (): boolean => {
    const [oldest] = waiting.values()
    if (oldest !== undefined) cut(oldest)
    return oldest !== undefined
  }
  const whyNot = (key: string, isKnown: boolean): Crowded | undefined => {
    const ofAddress = Math.max(limits.ofAddress, 2 * known(key))
    if (!isProxy(key) && (byAddress.get(key) ?? 0) >= ofAddress) return 'too-many-of-address'
    if (!isKnown && strangers.size >= limits.most - limits.reserved) return 'too-many'
    if (everyone.size >= limits.most && !(isKnown && makeRoom())) return 'too-many'
    return undefined
  }
  const come = (socket: Socket, take: () => void): void => {
    if (over.signal.aborted) return void socket.destroy()
    const key = addressKey(socket.remoteAddress ?? 'unknown')
    const isKnown = isProxy(key) || known(key) > 0
    const why = whyNot(key, isKnown)
    if (why !== undefined) {
      refused(why, key)
      socket.destroy()
      return
    }
    const peer = { socket, key, place: placeOf(socket), since: listened }
    everyone.add(peer)
    waiting.set(peer.place, peer)
    if (!isKnown) strangers.add(peer)
    byAddress.set(key, (byAddress.get(key) ?? 0) + 1)
    socket.once('close', () => leave(peer))
    if (!limits.paced || isProxy(key)) take()
    else pace.take(key, () => socket.destroyed || take())
  }
  const look = (): void => {
    listened += limits.lookEveryMs
    pace.look()
    if (everyone.size < limits.most / 2 && strangers.size < (limits.most - limits.reserved) / 2) return
    for (const peer of waiting.values()) {
      if (listened - peer.since <= limits.crowdedMs) return // the rest came later
      cut(peer)
    }
  }
  standBefore(server, come)
  const shut = (): void => {
    over.abort()
    for (const { socket } of waiting.values()) socket.destroy()
  }
  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await clock.sleep(limits.lookEveryMs, over.signal)
      if (!over.signal.aborted) look()
    }
  }
  void watch()
  return {
    served(socket) {
      const peer = waiting.get(placeOf(socket))
      if (peer === undefined) return
      waiting.delete(peer.place)
      strangers.delete(peer)
    },
    open: () => everyone.size,
    shut,
    [Symbol.dispose]() {
      shut()
      for (const { socket } of everyone) socket.destroy()
    },
  }
}

const placeOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`

/** What listens for connections, TLS first of all, hears of those that may come, when they may. */
function standBefore(server: Server, come: (socket: Socket, take: () => void) => void): void {
  const listeners = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) =>
    come(socket, () => {
      for (const listener of listeners) Reflect.apply(listener, server, [socket])
    }),
  )
}

/** The agents that are connected: at most one session each, watched by one timer. */
import type { WebSocket } from 'ws'
import { timeNow } from '#shared/vocabulary/clock.ts'
import type { EndpointRow } from '#collector/store/endpoints.ts'
import { openConnection, type Connection } from './connection.ts'
import { serveAgent, type Session } from './serve-agent.ts'
import type { IngestParts } from './served.ts'

export interface SessionLimits {
  /** From connecting to `hello`. */
  readonly helloMs: number
  /** An agent says something every 30 s; whoever is silent for three times that is gone. */
  readonly silenceMs: number
  /** An agent that hears nothing for 20 s looks for another connection, even if it waits for us. */
  readonly heartbeatMs: number
  readonly lookEveryMs: number
}
export const sessionLimits: SessionLimits = {
  helloMs: 60_000,
  silenceMs: 90_000,
  heartbeatMs: 10_000,
  lookEveryMs: 1_000,
}
/** Documents that near their end are made anew when somebody asks: here, once a day. */
const DAY_MS = 86_400_000
/** Sessions may finish what they are doing within this; then their sockets are cut. */
const STOP_MS = 3_000

export interface Sessions extends AsyncDisposable {
  readonly open: (socket: WebSocket, endpoint: EndpointRow, peer: string) => void
  /** Hands every agent the documents that are newer than its own. */
  readonly push: () => Promise<void>
}

interface Open {
  readonly connection: Connection
  readonly session: Session
  readonly openedAt: number
  saidAt: number
}

export function openSessions(parts: IngestParts, limits: SessionLimits): Sessions {
  const { clock, metrics, log } = parts
  const byEndpoint = new Map<number, Open>()
  const stop = new AbortController()

  const serve = async (connection: Connection, endpoint: EndpointRow): Promise<void> => {
    // A second connection of one agent: the older one is half dead, or a clone's. Its session ends before the new begins,
    // so that one log is never checked against two memories of it.
    for (let older = byEndpoint.get(endpoint.id); older !== undefined; older = byEndpoint.get(endpoint.id)) {
      older.connection.terminate()
      await older.session.ended
    }
    if (stop.signal.aborted) return connection.terminate()
    const openedAt = clock.monotonic()
    const session = serveAgent(connection, endpoint, parts)
    const open = { connection, session, openedAt, saidAt: openedAt }
    byEndpoint.set(endpoint.id, open)
    await session.ended
    if (byEndpoint.get(endpoint.id) === open) byEndpoint.delete(endpoint.id)
  }

  const look = ({ connection, session, openedAt }: Open, now: number): void => {
    if (!session.hasGreeted() && now - openedAt > limits.helloMs) {
      metrics.peerRefused('no-hello', connection.peer)
      connection.terminate()
    } else if (now - connection.heardAt() > limits.silenceMs) {
      metrics.peerRefused('silence', connection.peer)
      connection.terminate()
    }
  }
  const push = async (): Promise<void> => {
    for (const { session } of byEndpoint.values())
      await session
        .push()
        .catch((error: unknown) => log.error('Documents could not be handed over', { error: String(error) }))
  }
  const watch = async (): Promise<void> => {
    let pushedAt = clock.monotonic()
    for (;;) {
      await clock.sleep(limits.lookEveryMs, stop.signal)
      if (stop.signal.aborted) return
      const now = clock.monotonic()
      for (const open of byEndpoint.values()) {
        look(open, now)
        if (!open.session.hasGreeted() || now - open.saidAt < limits.heartbeatMs) continue
        open.saidAt = now
        open.connection.send({ type: 'heartbeat', clock: { at: timeNow(clock), mono: now } })
      }
      if (now - pushedAt < DAY_MS) continue
      pushedAt = now
      await push()
    }
  }
  const watching = watch()

  return {
    open(socket, endpoint, peer) {
      const unread = (): void => metrics.peerRefused('unread', peer)
      void serve(openConnection(socket, { peer, clock, unread }), endpoint)
    },
    push,
    async [Symbol.asyncDispose]() {
      stop.abort()
      const open = [...byEndpoint.values()]
      for (const { connection } of open) connection.bye({ reason: 'shutdown' })
      const ended = Promise.all(open.flatMap(({ session, connection }) => [session.ended, connection.closed]))
      const allGone = new AbortController() // else the timer would hold the process up for all of STOP_MS
      await Promise.race([ended, clock.sleep(STOP_MS, allGone.signal)])
      allGone.abort()
      for (const { connection } of open) connection.terminate()
      await watching
    },
  }
}

/** The agents that are connected: at most one session each, watched by one timer. */
import type { WebSocket } from 'ws'
import { timeNow } from '#shared/vocabulary/clock.ts'
import { addressesSince } from '#collector/store/agent-addresses.ts'
import type { AgentRow } from '#collector/store/agents.ts'
import { openConnection, type Connection } from './connection.ts'
import { MAX_KNOWN, type KnownAddresses } from './known-addresses.ts'
import { openPresence } from './presence.ts'
import { serveAgent, type AgentSession } from './serve-agent.ts'
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
/** Sessions may finish what they are doing within this; then their sockets are cut. */
const STOP_MS = 3_000

export interface AgentSessions extends AsyncDisposable {
  /** Serves it, or says `bye` to one that was retired. */
  readonly open: (socket: WebSocket, agent: AgentRow, peer: string) => void
  /** Hands every agent the documents that are newer than its own, and says `bye` to those that were retired. */
  readonly push: () => Promise<void>
}

interface Open {
  readonly connection: Connection
  readonly session: AgentSession
  readonly openedAt: number
  saidAt: number
}

export function openAgentSessions(parts: IngestParts, limits: SessionLimits, known: KnownAddresses): AgentSessions {
  const { clock, metrics, log } = parts
  const byAgent = new Map<number, Open>()
  const stop = new AbortController()
  const presence = openPresence(parts)

  const serve = async (connection: Connection, agent: AgentRow): Promise<void> => {
    // A second connection of one agent: the older one is half dead, or a clone's. Its session ends before the new begins,
    // so that one log is never checked against two memories of it.
    for (let older = byAgent.get(agent.id); older !== undefined; older = byAgent.get(agent.id)) {
      older.connection.terminate()
      await older.session.ended
    }
    if (stop.signal.aborted) return connection.terminate()
    const openedAt = clock.monotonic()
    const onGreeting = (): void => known.greeted(agent.id, connection.peer)
    const session = serveAgent(connection, agent, parts, { presence, onGreeting })
    const open = { connection, session, openedAt, saidAt: openedAt }
    byAgent.set(agent.id, open)
    await session.ended
    if (byAgent.get(agent.id) === open) byAgent.delete(agent.id)
  }
  const dismiss = (connection: Connection): void => {
    metrics.peerRefused('retired', connection.peer)
    connection.bye({ reason: 'revoked' })
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
    for (const { session } of byAgent.values())
      await session
        .push()
        .catch((error: unknown) => log.error('Documents could not be handed over', { error: String(error) }))
  }
  const watch = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(limits.lookEveryMs, stop.signal)
      if (stop.signal.aborted) return
      const now = clock.monotonic()
      for (const open of byAgent.values()) {
        look(open, now)
        if (!open.session.hasGreeted() || now - open.saidAt < limits.heartbeatMs) continue
        open.saidAt = now
        open.connection.send({ type: 'heartbeat', clock: { at: timeNow(clock), mono: now } })
      }
    }
  }
  const watching = watch()

  return {
    open(socket, agent, peer) {
      const unread = (): void => metrics.peerRefused('unread', peer)
      const connection = openConnection(socket, { peer, clock, unread })
      if (agent.retired_at === null) void serve(connection, agent)
      else dismiss(connection)
    },
    push,
    async [Symbol.asyncDispose]() {
      stop.abort()
      const open = [...byAgent.values()]
      for (const { connection } of open) connection.bye({ reason: 'shutdown' })
      const ended = Promise.all(open.flatMap(({ session, connection }) => [session.ended, connection.closed]))
      const allGone = new AbortController() // else the timer would hold the process up for all of STOP_MS
      await Promise.race([ended, clock.sleep(STOP_MS, allGone.signal)])
      allGone.abort()
      for (const { connection } of open) connection.terminate()
      await watching
      await presence[Symbol.asyncDispose]()
    },
  }
}

/** Agents seen within this are known where they greeted from, after a start too. */
const KNOWN_MS = 7 * 86_400_000

/** As the last run left it. */
export async function loadAddresses({ store, clock }: IngestParts, known: KnownAddresses): Promise<void> {
  const seen = await store.read((tx) => addressesSince(tx, clock.wall() - KNOWN_MS, MAX_KNOWN))
  for (const { agentId, address } of seen) known.greeted(agentId, address)
}

/** One agent's session, read aloud: greet, then message by message; the next is not taken before the last is dealt with. */
import {
  saveApplied,
  saveHeartbeat,
  setConnected,
  setDisconnected,
  type EndpointRow,
} from '#collector/store/endpoints.ts'
import { rootOf } from '#shared/evidence/merkle.ts'
import { timeNow } from '#shared/vocabulary/clock.ts'
import { readMessage, type HeaderOf, type Message } from '#shared/wire/messages.ts'
import type { Connection, Incoming } from './connection.ts'
import { pushDocuments, type HeldVersions } from './push-documents.ts'
import { refuse } from './refuse.ts'
import type { IngestParts, Served } from './served.ts'
import { storedLogs } from './stored-logs.ts'
import { takeEvents } from './take-events.ts'
import type { Refused } from './verify.ts'

/** Event messages without a receipt: one is verified and committed while the other travels. More only lengthens the wait
 *  for a receipt (one sender, measured: p99 34–39 ms with 2, 62–68 with 4). */
const WINDOW = 2
/** After the store failed the agent comes again in this. */
const RETRY_AFTER_MS = 5_000

export interface Session {
  /** It has said `hello`; how soon it is answered is our affair. */
  readonly hasGreeted: () => boolean
  /** Hands over each document that is newer than what the agent has; nothing before the greeting. */
  readonly push: () => Promise<void>
  /** Resolves when the session is over and the store says so; never rejects. */
  readonly ended: Promise<void>
}

/** Serves until the agent leaves, a message is refused, or the store fails. */
export function serveAgent(connection: Connection, endpoint: EndpointRow, parts: IngestParts): Session {
  const { id: endpointId, agent, verifier_key: verifierKey } = endpoint
  const served: Served = {
    ...parts,
    connection,
    endpointId,
    agent,
    verifierKey,
    logs: storedLogs(parts.store, endpointId),
  }
  const held: HeldVersions = { policy: 0, register: 0 }
  let [introduced, greeted] = [false, false]
  const push = async (): Promise<void> => {
    if (greeted) await pushDocuments(served, held)
  }
  const run = async (): Promise<void> => {
    for await (const incoming of connection.messages) {
      const message = incoming.bytes && readMessage(incoming.bytes)
      const fault = await take(incoming, message)
      if (fault === 'bye') return connection.bye({ reason: 'shutdown' })
      if (fault !== undefined) return refuse(served, fault, { incoming, message })
    }
  }
  const take = async (incoming: Incoming, message: Message | undefined): Promise<Refused | 'bye' | undefined> => {
    if (incoming.fault !== undefined) return { ok: false, code: incoming.fault, detail: incoming.detail }
    if (message === undefined) return malformed('the first line is no header')
    if (greeted) return takeMessage(served, message)
    if (message.header.type !== 'hello') return malformed('the first message is no hello')
    introduced = true
    await greet(served, message.header)
    Object.assign(held, { policy: message.header.policy, register: message.header.register })
    greeted = true
    await push()
    return undefined
  }
  const ended = run()
    .catch((error: unknown) => {
      parts.log.error('A session failed; the agent will come again', { agent, error: String(error) })
      connection.bye({ reason: 'shutdown', retryAfterMs: RETRY_AFTER_MS, detail: 'the collector failed' })
    })
    .then(() => (greeted ? part(served) : undefined))
  return { hasGreeted: () => introduced, push, ended }
}

const malformed = (detail: string): Refused => ({ ok: false, code: 'malformed', detail })

async function greet(served: Served, hello: HeaderOf<'hello'>): Promise<void> {
  const { store, endpointId, clock, connection } = served
  const stored = await served.logs.all()
  const epochs = hello.epochs.map(({ epoch }) => {
    const { frontier } = stored(epoch)
    return { epoch, size: frontier.size, root: rootOf(frontier).toString('hex') }
  })
  connection.send({ type: 'welcome', epochs, window: WINDOW, time: timeNow(clock) })
  const { version, policy, register } = hello
  const greeting = { version, policy_version: policy, register_version: register }
  await setConnected(store.db, endpointId, clock.wall(), greeting)
  served.metrics.agentConnected(1)
  served.live.changed({ type: 'endpoint', id: endpointId })
}

async function part({ store, endpointId, agent, clock, live, metrics, log }: Served): Promise<void> {
  metrics.agentConnected(-1)
  await setDisconnected(store.db, endpointId, clock.wall()).catch((error: unknown) =>
    log.error('The store did not take that an agent left', { agent, error: String(error) }),
  )
  live.changed({ type: 'endpoint', id: endpointId })
}

async function takeMessage(served: Served, { header, body }: Message): Promise<Refused | 'bye' | undefined> {
  const { store, endpointId, clock, live } = served
  switch (header.type) {
    case 'events':
      return takeEvents(served, header, body)
    case 'heartbeat': {
      const { conditions = [], journal } = header
      await saveHeartbeat(store.db, endpointId, clock.wall(), JSON.stringify({ conditions, journal }))
      return undefined
    }
    case 'applied':
      await saveApplied(store.db, endpointId, header.kind, header.version)
      live.changed({ type: 'endpoint', id: endpointId })
      return undefined
    case 'bye':
      return 'bye'
    case 'hello':
    case 'welcome':
    case 'receipt':
    case 'document':
      break
  }
  return malformed(`a ${header.type} has no place here`)
}

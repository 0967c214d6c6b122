/** One agent's session, read aloud: greet, then message by message; the next is not taken before the last is dealt with. */
import type { AgentRow } from '#collector/store/agents.ts'
import { rootOf } from '#shared/evidence/merkle.ts'
import { timeNow } from '#shared/vocabulary/clock.ts'
import { MAX_HELLO_PAGES, readMessage, type HeaderOf, type Message, type Refusal } from '#shared/wire/messages.ts'
import type { Connection, Incoming } from './connection.ts'
import type { Presence } from './presence.ts'
import { pushDocuments, type HeldVersions } from './push-documents.ts'
import { refuse } from './refuse.ts'
import type { IngestParts, Served } from './served.ts'
import { storedLogs } from './stored-logs.ts'
import { takeEvents, type NotTaken } from './take-events.ts'

/** Event messages without a receipt: one is verified and committed while the other travels. More only lengthens the wait
 *  for a receipt (one sender, measured: p99 34–39 ms with 2, 62–68 with 4). */
const WINDOW = 2
/** After the store failed the agent comes again in this. */
const RETRY_AFTER_MS = 5_000

export interface AgentSession {
  /** It has said `hello`; how soon it is answered is our affair. */
  readonly hasGreeted: () => boolean
  /** Hands over each document that is newer than what the agent has; nothing before the greeting. */
  readonly push: () => Promise<void>
  /** Resolves when the session is over; never rejects. */
  readonly ended: Promise<void>
}

/** What is said to it from outside, and told of it. */
export interface Around {
  readonly presence: Presence
  /** It greeted, wholly. */
  readonly onGreeting: (agentId: number) => void
}

/** Serves until the agent leaves, a message is refused, or the store fails. */
export function serveAgent(connection: Connection, row: AgentRow, parts: IngestParts, around: Around): AgentSession {
  const { id: agentId, agent, endpoint_id: endpointId, verifier_key: verifierKey } = row
  const logs = storedLogs({ store: parts.store, lost: (log) => tellLost(parts, agent, log) }, agentId)
  const served: Served = { ...parts, connection, agentId, agent, endpointId, verifierKey, logs }
  const greeting = openGreeting(served, around)
  const held: HeldVersions = { policy: 0, register: 0, media: [] }
  let introduced = false
  const push = async (): Promise<void> => {
    if (greeting.isOver()) await pushDocuments(served, held)
  }
  const run = async (): Promise<void> => {
    for await (const incoming of connection.messages) {
      const message = incoming.bytes && readMessage(incoming.bytes)
      const fault = await take(incoming, message)
      if (fault === 'bye') return connection.bye({ reason: 'shutdown' })
      if (fault !== undefined) return refuse(served, fault, { incoming, message })
      if (message?.header.type !== 'events') connection.spend()
    }
  }
  const take = async (incoming: Incoming, message: Message | undefined): Promise<NotTaken | 'bye' | undefined> => {
    if (incoming.fault !== undefined) return notTaken(incoming.fault, incoming.detail)
    if (message === undefined) return malformed('the first line is no header')
    if (greeting.isOver()) return takeMessage(served, message, around.presence)
    const { header } = message
    if (header.type !== 'hello') return malformed('the first message is no hello')
    introduced = true
    const fault = await greeting.take(header)
    if (fault !== undefined || header.more === true) return fault
    Object.assign(held, greeting.has())
    await push()
    return undefined
  }
  const ended = run()
    .catch((error: unknown) => {
      parts.log.error('A session failed; the agent will come again', { agent, error: String(error) })
      connection.bye({ reason: 'shutdown', retryAfterMs: RETRY_AFTER_MS, detail: 'the collector failed' })
    })
    .finally(() => {
      if (!greeting.isOver()) return
      parts.metrics.agentConnected(-1)
      around.presence.left({ agentId, endpointId })
    })
  return { hasGreeted: () => introduced, push, ended }
}

const notTaken = (code: Refusal, detail: string): NotTaken => ({ refused: { ok: false, code, detail } })
const malformed = (detail: string): NotTaken => notTaken('malformed', detail)

function tellLost(
  { conditions, log }: Pick<IngestParts, 'conditions' | 'log'>,
  agent: string,
  { epoch, size, held }: { epoch: string; size: number; held: number },
): void {
  log.error('Entries that were stored are gone; they are asked for again', { agent, epoch, size, held })
  conditions.raise('store.lost', { epoch, held, size })
}

interface Greeting {
  /** Answers a page with its `welcome`. */
  readonly take: (page: HeaderOf<'hello'>) => Promise<NotTaken | undefined>
  /** The last page has come. */
  readonly isOver: () => boolean
  readonly has: () => HeldVersions
}

/** Page by page; what is not of epochs is said on the first. */
function openGreeting(served: Served, { presence, onGreeting }: Around): Greeting {
  const { logs, agentId, endpointId, connection, clock, metrics } = served
  let [pages, over] = [0, false]
  let first: HeaderOf<'hello'> | undefined
  return {
    async take(page) {
      pages += 1
      if (pages > MAX_HELLO_PAGES) return malformed(`hello has at most ${MAX_HELLO_PAGES} pages`)
      first ??= page
      const stored = await logs.all(page.epochs.map(({ epoch }) => epoch))
      const epochs = page.epochs.map(({ epoch }) => {
        const { frontier } = stored(epoch)
        return { epoch, size: frontier.size, root: rootOf(frontier).toString('hex') }
      })
      connection.send({ type: 'welcome', epochs, window: WINDOW, time: timeNow(clock) })
      if (page.more === true) return undefined
      over = true
      const { version, policy, register, media } = first
      const is = { version, policy_version: policy, register_version: register, media_versions: JSON.stringify(media) }
      presence.greeted({ agentId, endpointId }, is, connection.peer)
      onGreeting(agentId)
      metrics.agentConnected(1)
      return undefined
    },
    isOver: () => over,
    has: () => ({ policy: first?.policy ?? 0, register: first?.register ?? 0, media: [...(first?.media ?? [])] }),
  }
}

async function takeMessage(
  served: Served,
  { header, body }: Message,
  presence: Presence,
): Promise<NotTaken | 'bye' | undefined> {
  const { agentId, endpointId } = served
  switch (header.type) {
    case 'events':
      return takeEvents(served, header, body)
    case 'heartbeat':
      presence.beat({ agentId, endpointId }, header)
      return undefined
    case 'applied': {
      const { kind, part, version } = header
      presence.applied({ agentId, endpointId }, { kind, part, version })
      return undefined
    }
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

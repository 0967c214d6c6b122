/** What one agent is to have: the documents for all, and its own register, made when it is asked for. */
import type { Access, Actor } from '#collector/access/acting.ts'
import type { Conditions } from '#collector/conditions.ts'
import { endpointIn } from '#collector/ledgers/endpoints.ts'
import { agentById, type AgentRow } from '#collector/store/agents.ts'
import type { Store } from '#collector/store/database.ts'
import { endpointById, type EndpointRow } from '#collector/store/endpoints.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Trust } from '#collector/trust/trust.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { DocumentKind } from '#shared/wire/messages.ts'
import type { InForce } from './published.ts'
import { newestOf, ofRegister, signRegister, type Published } from './sign.ts'

export interface DocumentParts {
  readonly store: Pick<Store, 'read' | 'write'>
  readonly access: Access
  readonly trust: Trust
  readonly clock: Clock
  readonly conditions: Conditions
  /** The collector itself: it publishes at its very first start, and signs anew. */
  readonly actor: Actor
}

/** One document, as it goes to an agent. */
export interface Handed extends Published {
  readonly kind: DocumentKind
  readonly part?: number
}

type Latest = (tx: Tx) => Promise<InForce>

/** In the order in which they are handed over. Its register is signed where it says something else than before, or nears
 *  its end. */
export async function documentsOf(
  agentId: number,
  latest: Latest,
  { store, trust, clock }: Pick<DocumentParts, 'store' | 'trust' | 'clock'>,
): Promise<readonly Handed[] | 'retired'> {
  const now = clock.wall()
  const look = async (tx: Tx) => {
    const found = await agentOn(tx, agentId)
    if (found === undefined) return undefined
    const inForce = await latest(tx)
    const content = registerOf(found, inForce)
    return { ...found, inForce, content, register: await newestOf(tx, ofRegister(agentId), content, now) }
  }
  const known = await store.read(look)
  if (known === undefined) return 'retired'
  if (known.register !== undefined) return inOrder(known, known.register)
  return store.write(async (tx) => {
    const again = await look(tx)
    if (again === undefined) return 'retired'
    const by = { signer: trust.register.signer, now }
    return inOrder(again, again.register ?? (await signRegister(tx, agentId, again.content, by)))
  })
}

interface OnEndpoint {
  readonly agent: AgentRow
  readonly endpoint: EndpointRow
}

/** Undefined where it is retired. */
async function agentOn(tx: Tx, agentId: number): Promise<OnEndpoint | undefined> {
  const agent = await agentById(tx, agentId)
  const endpoint = agent?.retired_at === null ? await endpointById(tx, agent.endpoint_id) : undefined
  return agent && endpoint && { agent, endpoint }
}

const registerOf = ({ agent, endpoint }: OnEndpoint, { lookup }: InForce) => ({
  agent: agent.agent,
  endpoint: endpointIn(endpoint),
  approvals: endpoint.status === 'confirmed' ? lookup.approvalsOf(endpoint.host) : [],
})

/** The policy names the keys; the media come before the register, so that a confirmed agent never calls a known medium
 *  unregistered for want of its part. A pending one is told of none. */
function inOrder(
  { endpoint, inForce }: { readonly endpoint: EndpointRow; readonly inForce: InForce },
  register: Published,
): Handed[] {
  const { policy, parts } = inForce
  const media = endpoint.status === 'confirmed' ? parts : []
  return [
    { kind: 'policy', version: policy.version, note: policy.note },
    ...media.map(({ version, note }, part): Handed => ({ kind: 'media', part, version, note })),
    { kind: 'register', version: register.version, note: register.note },
  ]
}

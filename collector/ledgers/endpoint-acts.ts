/** What an administrator does to endpoints by name: each is one act, with its record. */
import type { Access, Actor } from '#collector/access/acting.ts'
import type { Told } from '#collector/alerts/tell.ts'
import { publishedLedger } from '#collector/store/documents.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { emptyLedger, ledgerFrom, lookUp, type LedgerLookup } from './register.ts'
import { confirm, endpointNamed, listWithAgents, merge, nameOf, retire, type ListedEndpoint } from './tenancy.ts'

export { EndpointError } from './tenancy.ts'

/** What was done: to which endpoint, and a line for people. */
export interface Done {
  readonly endpointId: number
  readonly line: string
}

const recorded =
  (what: string, reason?: string) =>
  ({ endpointId }: Done) => ({
    act: `endpoint.${what}`,
    subject: { kind: 'endpoint', id: String(endpointId) },
    ...(reason !== undefined && { reason }),
  })

/** Who hears of what ends with it, and when that is. */
interface When {
  readonly mailboxes: readonly string[]
  readonly clock: Pick<Clock, 'wall'>
}
const toldOf = ({ mailboxes, clock }: When): Told => ({ mailboxes, now: clock.wall() })

/** Rejects with EndpointError, as the others do, where it cannot be done; then nothing is. */
export const retireNamed = (
  access: Access,
  actor: Actor,
  { name, ...when }: When & { readonly name: string },
): Promise<Done> =>
  access.act(actor, recorded('retire'), async (tx) => {
    const endpoint = await endpointNamed(tx, name)
    await retire(tx, endpoint, await ledgerIn(tx), toldOf(when))
    return { endpointId: endpoint.id, line: `${nameOf(endpoint)} is retired.` }
  })

export const mergeNamed = (
  access: Access,
  actor: Actor,
  { from, into, ...when }: When & { readonly from: string; readonly into: string },
): Promise<Done> =>
  access.act(actor, recorded('merge', `${from} into ${into}`), async (tx) => {
    const [old, other] = [await endpointNamed(tx, from), await endpointNamed(tx, into)]
    await merge(tx, old, other, toldOf(when))
    return { endpointId: other.id, line: `${nameOf(old)} is ${nameOf(other)}.` }
  })

/** `line`: the host name of the ledger's line, where it is not the endpoint's own. */
export const confirmNamed = (
  access: Access,
  actor: Actor,
  { name, line, ...when }: When & { readonly name: string; readonly line: string | undefined },
): Promise<Done> =>
  access.act(actor, recorded('confirm'), async (tx) => {
    const endpoint = await endpointNamed(tx, name)
    const host = line ?? endpoint.host
    const endpointId = await confirm(tx, endpoint, { ledger: await ledgerIn(tx), host, told: toldOf(when) })
    const as = endpointId === endpoint.id ? '' : `, it is #${endpointId}`
    return { endpointId, line: `${nameOf(endpoint)} is confirmed as the line of "${host}"${as}.` }
  })

async function ledgerIn(tx: Tx): Promise<LedgerLookup> {
  const published = await publishedLedger(tx)
  return lookUp(published === undefined ? emptyLedger : ledgerFrom(published.content))
}

/** One line each: number, status, level, department, name, host, agent. `all`: also those that are out of use. */
export async function endpointLines(access: Access, actor: Actor, all: boolean): Promise<string[]> {
  const listed = await access.ask(actor, listWithAgents)
  return listed.filter(({ endpoint: { status } }) => all || status !== 'retired').map(lineOf)
}

function lineOf({ endpoint, agent }: ListedEndpoint): string {
  const { id, status, level, department, name, host, merged_into: into } = endpoint
  const state = into === null ? status : `merged into #${into}`
  const parts = [`#${id}`, state, level, department, name, host, agentText(agent)]
  return parts.map((part) => part.replaceAll(/\p{Cc}/gu, ' ')).join('\t')
}

function agentText(agent: ListedEndpoint['agent']): string {
  if (agent === undefined) return 'no agent'
  if (agent.retired_at !== null) return `${agent.agent} retired`
  return `${agent.agent} ${agent.connected_since === null ? 'away' : 'connected'}`
}

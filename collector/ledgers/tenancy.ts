/** Who is on which line of the endpoint ledger: what enrolment, publishing and the `endpoint` commands do to it. Each takes
 *  the transaction in which its record is written, and tells whoever serves that documents change. */
import type { Told } from '#collector/alerts/tell.ts'
import { endAsUnknown } from '#collector/incidents/ends.ts'
import {
  insertAgent,
  listAgents,
  livingAgents,
  livingAgentsOf,
  moveAgent,
  retireAgent,
  type AgentRow,
  type NewAgent,
} from '#collector/store/agents.ts'
import { touchLedger } from '#collector/store/documents.ts'
import {
  endpointById,
  endpointsOfHost,
  insertEndpoint,
  listEndpoints,
  mergeEndpoint,
  retireEndpoint,
  saveRegistration,
  type EndpointRow,
} from '#collector/store/endpoints.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { TokenRow } from '#collector/store/tokens.ts'
import { changesBy, lineOf, registrationOf, type Claim, type EndpointChange } from './endpoints.ts'
import type { LedgerLookup } from './register.ts'

/** Why an endpoint cannot be dealt with so; the message says what to do. */
export class EndpointError extends Error {
  override name = 'EndpointError'
}

/** A new agent on its line of the ledger, where the machine is what stands there and nobody living has it; else on a pending
 *  line of its own, by its token. */
export async function admitAgent(
  tx: Tx,
  agent: Omit<NewAgent, 'endpoint_id'>,
  claim: Claim,
  { ledger, token }: { readonly ledger: LedgerLookup; readonly token: TokenRow },
): Promise<void> {
  const line = lineOf(ledger, claim)
  const endpoint = line && (await freeLine(tx, line.host))
  const at = agent.enrolled_at
  if (line !== undefined && endpoint !== 'taken') {
    const registration = registrationOf(line)
    if (endpoint !== undefined) await saveRegistration(tx, endpoint.id, registration)
    const id = endpoint?.id ?? (await insertEndpoint(tx, { ...registration, made_at: at }))
    await insertAgent(tx, { ...agent, endpoint_id: id })
    return
  }
  const { department, level, network_kind } = token
  const id = await insertEndpoint(tx, {
    host: claim.host,
    name: claim.host === '' ? `agent ${agent.agent.slice(0, 8)}` : claim.host.slice(0, 256),
    department,
    responsible: null,
    level,
    network_kind,
    allowed_networks: null,
    cards: null,
    gateway_macs: null,
    status: 'pending',
    made_at: at,
  })
  await insertAgent(tx, { ...agent, endpoint_id: id })
}

/** The line's endpoint, where there is one and it has no living agent. */
async function freeLine(tx: Tx, host: string): Promise<EndpointRow | 'taken' | undefined> {
  const row = (await endpointsOfHost(tx, host)).find(({ status }) => status === 'confirmed')
  if (row === undefined) return undefined
  return (await livingAgentsOf(tx, row.id)).length > 0 ? 'taken' : row
}

export async function applyChanges(tx: Tx, changes: readonly EndpointChange[], at: number): Promise<void> {
  for (const { row, registration, into } of changes) {
    await saveRegistration(tx, into ?? row.id, registration)
    if (into !== undefined) await moveOnto(tx, row.id, into, at)
  }
}

async function moveOnto(tx: Tx, from: number, into: number, at: number): Promise<void> {
  for (const { id } of await livingAgentsOf(tx, from)) await moveAgent(tx, id, into, at)
  await mergeEndpoint(tx, from, into, at)
}

/** Out of use: its agents are served no more, and what was on there ends, nobody knows when. A machine that waited for its
 *  line gets it. */
export async function retire(tx: Tx, endpoint: EndpointRow, ledger: LedgerLookup, told: Told): Promise<void> {
  for (const agent of await livingAgentsOf(tx, endpoint.id)) await retireOne(tx, agent, told)
  await retireEndpoint(tx, endpoint.id, told.now)
  await applyChanges(tx, changesBy(ledger, await listEndpoints(tx), await livingAgents(tx)), told.now)
  await touchLedger(tx)
}

/** `from` is the same machine as `into`: its agents go there, and those that were there are retired. Throws EndpointError
 *  where one of those is connected, for then they are two machines. */
export async function merge(tx: Tx, from: EndpointRow, into: EndpointRow, told: Told): Promise<void> {
  if (from.id === into.id) throw new EndpointError('An endpoint is not merged into itself.')
  if (from.status === 'confirmed' && into.status === 'pending')
    throw new EndpointError(`${nameOf(into)} is pending: merge it into ${nameOf(from)} instead.`)
  const there = await livingAgentsOf(tx, into.id)
  const moves = (await livingAgentsOf(tx, from.id)).length > 0
  if (moves && there.some(({ connected_since }) => connected_since !== null))
    throw new EndpointError(
      `The agent of ${nameOf(into)} is connected at this moment, so it is another machine: stop or retire it first.`,
    )
  if (moves) for (const agent of there) await retireOne(tx, agent, told)
  await moveOnto(tx, from.id, into.id, told.now)
  await touchLedger(tx)
}

/** A pending machine is the line of this host name, whatever its hardware and its token said: the endpoint that results.
 *  An agent that has that line is retired, as with `merge`. Throws EndpointError. */
export async function confirm(
  tx: Tx,
  endpoint: EndpointRow,
  { ledger, host, told }: { readonly ledger: LedgerLookup; readonly host: string; readonly told: Told },
): Promise<number> {
  if (endpoint.status !== 'pending') throw new EndpointError(`${nameOf(endpoint)} is ${endpoint.status}, not pending.`)
  const line = ledger.lineOf(host)
  if (line === undefined)
    throw new EndpointError(
      `The ledger has no line for the host "${host}": add one to the register file and publish, or name another by --line.`,
    )
  const row = (await endpointsOfHost(tx, line.host)).find(({ status }) => status === 'confirmed')
  await saveRegistration(tx, row?.id ?? endpoint.id, registrationOf(line))
  if (row !== undefined) await merge(tx, endpoint, row, told)
  await touchLedger(tx)
  return row?.id ?? endpoint.id
}

async function retireOne(tx: Tx, { id }: AgentRow, told: Told): Promise<void> {
  await endAsUnknown(tx, id, told)
  await retireAgent(tx, id, told.now)
}

export const nameOf = ({ id, name }: Pick<EndpointRow, 'id' | 'name'>): string => `${name} (#${id})`

/** By `#number`, or by name or host where only one in use has it. Throws EndpointError where none or several are meant. */
export async function endpointNamed(tx: Tx, wanted: string): Promise<EndpointRow> {
  const [, number] = /^#?([1-9][0-9]{0,14})$/.exec(wanted) ?? []
  const byNumber = number === undefined ? undefined : await endpointById(tx, Number(number))
  if (byNumber !== undefined && byNumber.status !== 'retired') return byNumber
  const same = (text: string): boolean => text.toLowerCase() === wanted.toLowerCase()
  const found = (await listEndpoints(tx)).filter(
    ({ name, host, status }) => status !== 'retired' && (same(name) || same(host)),
  )
  const [only, ...others] = found
  if (only === undefined)
    throw new EndpointError(`There is no endpoint "${wanted}" in use: \`endpoint list\` names them.`)
  if (others.length > 0)
    throw new EndpointError(`"${wanted}" is more than one: ${found.map(nameOf).join(', ')}. Name it by its number.`)
  return only
}

/** An endpoint with its newest agent, for a list. */
export interface ListedEndpoint {
  readonly endpoint: EndpointRow
  readonly agent?: AgentRow
}

/** Also those out of use. */
export async function listWithAgents(tx: Tx): Promise<ListedEndpoint[]> {
  const newest = new Map((await listAgents(tx)).map((agent) => [agent.endpoint_id, agent]))
  return (await listEndpoints(tx)).map((endpoint) => {
    const agent = newest.get(endpoint.id)
    return { endpoint, ...(agent && { agent }) }
  })
}

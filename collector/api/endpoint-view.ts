/** A line of the endpoint ledger, and an incident's endpoint → what the API shows of them. */
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { Level, NetworkKind } from '#shared/vocabulary/levels.ts'
import { Condition } from '#shared/wire/messages.ts'
import type { ListedIncident } from '#collector/incidents/lists.ts'
import type { EndpointLine } from '#collector/ledgers/endpoint-list.ts'
import { conditionView } from './condition-view.ts'
import type { AgentView, EndpointView, EndpointBrief } from './shapes/endpoint.ts'

const Words = Compile(Type.Object({ level: Level, networkKind: NetworkKind }))
const Health = Type.Object({
  conditions: Type.Optional(Type.Array(Condition)),
  journal: Type.Optional(Type.Object({ unreceipted: Type.Integer() })),
})
const health = Compile(Health)

/** Throws where the store holds a word that is none: nothing writes one. */
export function machineView({
  id,
  agent,
  name,
  host,
  department,
  responsible,
  ...row
}: ListedIncident['endpoint']): EndpointBrief {
  const words = Words.Parse({ level: row.level, networkKind: row.networkKind })
  return { id, agent, name, host, department, ...words, ...(responsible !== null && { responsible }) }
}

function healthOf(text: string | null): Static<typeof Health> {
  const value: unknown = text === null ? {} : JSON.parse(text)
  return health.Check(value) ? value : {}
}

type Agent = EndpointLine['agents'][number]

function agentView(row: Agent): AgentView {
  const { conditions = [], journal } = healthOf(row.health)
  return {
    agent: row.agent,
    host: row.host,
    enrolledAt: row.enrolled_at,
    ...(row.connected_since !== null && { connectedSince: row.connected_since }),
    ...(row.last_seen_at !== null && { lastSeenAt: row.last_seen_at }),
    ...(row.version !== null && { version: row.version }),
    policyVersion: row.policy_version,
    registerVersion: row.register_version,
    conditions: conditions.map(conditionView),
    ...(journal && { unreceipted: journal.unreceipted }),
  }
}

const NEVER = { policyVersion: 0, registerVersion: 0, conditions: [] }

function stateOf(newest: AgentView | undefined) {
  if (newest === undefined) return NEVER
  const { host: _, ...state } = newest
  return state
}

type State = Pick<AgentView, 'connectedSince' | 'lastSeenAt' | 'conditions'>

const connectionOf = ({ connectedSince, lastSeenAt }: State): EndpointView['connection'] =>
  connectedSince !== undefined ? 'connected' : lastSeenAt !== undefined ? 'away' : 'never'

/** No news is unknown, never well. A low condition is worth knowing, and nothing that somebody has to look after. */
function judgedHealth(state: State): EndpointView['health'] {
  const connection = connectionOf(state)
  if (connection === 'never') return 'unknown'
  if (state.conditions.some(({ severity }) => severity !== 'low')) return 'unwell'
  return connection === 'connected' ? 'well' : 'unknown'
}

export function endpointView(line: EndpointLine): EndpointView {
  const { id, name, host, department, responsible, status } = line
  const agents = line.agents.map(agentView)
  const state = stateOf(agents[0])
  return {
    id,
    name,
    host,
    department,
    ...Words.Parse({ level: line.level, networkKind: line.network_kind }),
    ...(responsible !== null && { responsible }),
    status,
    ...(line.retired_at !== null && { retiredAt: line.retired_at }),
    ...(line.merged_into !== null && { mergedInto: line.merged_into }),
    ...state,
    connection: connectionOf(state),
    health: judgedHealth(state),
    agents,
  }
}

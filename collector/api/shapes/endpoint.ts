/** An endpoint, as the API shows it. */
import { Type, type Static } from 'typebox'
import { Level, NetworkKind, Severity } from '#shared/vocabulary/levels.ts'
import { closed, Millis, Name, RowNumber } from './words.ts'

/** Which machine, whose, and what it is for. `id`: its line in the ledger. */
const machine = {
  id: Type.Integer(),
  name: Name,
  host: Name,
  department: Name,
  level: Level,
  networkKind: NetworkKind,
  responsible: Type.Optional(Name),
}
export const EndpointBrief = Type.Object({ ...machine, agent: Type.String() }, closed)
export type EndpointBrief = Static<typeof EndpointBrief>

export const ConditionShape = Type.Object(
  { code: Name, severity: Severity, since: Name, text: Name, todo: Name },
  closed,
)

const state = {
  /** Absent while it is not connected. */
  connectedSince: Type.Optional(Millis),
  lastSeenAt: Type.Optional(Millis),
  version: Type.Optional(Name),
  policyVersion: Type.Integer(),
  registerVersion: Type.Integer(),
  conditions: Type.Array(ConditionShape),
  /** Events in its journal that have no receipt yet. */
  unreceipted: Type.Optional(Type.Integer()),
}

/** An agent: a key, and the program that has it. `host`: the name that it gave when it enrolled. */
export const AgentShape = Type.Object({ agent: Type.String(), host: Name, enrolledAt: Millis, ...state }, closed)
export type AgentView = Static<typeof AgentShape>

export const EndpointShape = Type.Object(
  {
    ...machine,
    status: Type.Enum(['confirmed', 'pending', 'retired']),
    retiredAt: Type.Optional(Millis),
    /** The line that this one turned out to be. */
    mergedInto: Type.Optional(Type.Integer()),
    /** Of its newest agent: how the endpoint is. Without one it has never been connected. */
    agent: Type.Optional(Type.String()),
    enrolledAt: Type.Optional(Millis),
    ...state,
    /** Those in use, the newest first: as a rule one. */
    agents: Type.Array(AgentShape),
  },
  closed,
)
export type EndpointView = Static<typeof EndpointShape>

export const EndpointQuery = Type.Object(
  {
    /** `true`: those out of use too. */
    retired: Type.Optional(Type.Enum(['true', 'false'])),
  },
  closed,
)
/** By department, then by name. */
export const EndpointList = Type.Object({ items: Type.Array(EndpointShape) }, closed)
export type EndpointListView = Static<typeof EndpointList>

export const EndpointId = Type.Object({ id: RowNumber }, closed)

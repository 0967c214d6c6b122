/** An endpoint, as the API shows it. */
import { Type, type Static } from 'typebox'
import { Level, NetworkKind, Severity } from '#shared/vocabulary/levels.ts'
import { closed, Millis, Name } from './words.ts'

/** Which machine, whose, and what it is for. */
export const Machine = Type.Object(
  {
    agent: Type.String(),
    name: Name,
    host: Name,
    department: Name,
    level: Level,
    networkKind: NetworkKind,
    responsible: Type.Optional(Name),
  },
  closed,
)
export type Machine = Static<typeof Machine>

export const ConditionShape = Type.Object(
  { code: Name, severity: Severity, since: Name, text: Name, todo: Name },
  closed,
)

export const EndpointShape = Type.Object(
  {
    ...Machine.properties,
    status: Type.Enum(['confirmed', 'pending']),
    enrolledAt: Millis,
    /** Absent while it is not connected. */
    connectedSince: Type.Optional(Millis),
    lastSeenAt: Type.Optional(Millis),
    version: Type.Optional(Name),
    policyVersion: Type.Integer(),
    registerVersion: Type.Integer(),
    conditions: Type.Array(ConditionShape),
    /** Events in its journal that have no receipt yet. */
    unreceipted: Type.Optional(Type.Integer()),
  },
  closed,
)
export type EndpointView = Static<typeof EndpointShape>

/** By department, then by name. */
export const EndpointList = Type.Object({ items: Type.Array(EndpointShape) }, closed)
export type EndpointListView = Static<typeof EndpointList>

/** An endpoint, as the API shows it. */
import { Type, type Static } from 'typebox'
import { Level, NetworkKind, Severity } from '#shared/vocabulary/levels.ts'
import { closed, Count, CursorText, Limit, Millis, Name, reader, RowNumber, Searched } from './words.ts'

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

/** `text` and `todo` in English, `zh` in Chinese. */
export const ConditionShape = Type.Object(
  {
    code: Name,
    severity: Severity,
    since: Name,
    text: Name,
    todo: Name,
    zh: Type.Object({ text: Name, todo: Name }, closed),
  },
  closed,
)
export type ConditionView = Static<typeof ConditionShape>

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
    /** `away`: it was connected once. */
    connection: Type.Enum(['connected', 'away', 'never']),
    /** `unwell`: there is something to look after, or was when it was last heard; `unknown`: nothing that is heard says more. */
    health: Type.Enum(['unwell', 'unknown', 'well']),
    /** Those in use, the newest first: as a rule one. */
    agents: Type.Array(AgentShape),
  },
  closed,
)
export type EndpointView = Static<typeof EndpointShape>

const asked = {
  /** `true`: those out of use too. */
  retired: Type.Optional(Type.Enum(['true', 'false'])),
  /** `away`: also what was never connected. */
  connection: Type.Optional(Type.Enum(['connected', 'away', 'never'])),
  health: Type.Optional(Type.Enum(['unwell', 'unknown', 'well'])),
  department: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  /** A part of its name, its host, department or person. */
  q: Type.Optional(Searched),
  /** By department and name, where nothing is said; by name; by when it was last seen; those to look after first. */
  sort: Type.Optional(Type.Enum(['department', 'name', 'seen-last', 'seen-first', 'unwell'])),
}
export const EndpointQuery = Type.Object(
  { ...asked, before: Type.Optional(CursorText), limit: Type.Optional(Limit) },
  closed,
)
export type EndpointQuery = Static<typeof EndpointQuery>
export const EndpointTableQuery = Type.Object({ ...asked, ...reader }, closed)
export const EndpointList = Type.Object(
  {
    items: Type.Array(EndpointShape),
    /** Of all pages together. */
    total: Count,
    next: Type.Optional(CursorText),
  },
  closed,
)
export type EndpointListView = Static<typeof EndpointList>

/** How many there are in use, and of which kind; `away`: also what was never connected. */
export const EndpointCounts = Type.Object(
  { all: Count, connected: Count, away: Count, unwell: Count, departments: Type.Array(Name) },
  closed,
)
export type EndpointCountsView = Static<typeof EndpointCounts>

export const EndpointId = Type.Object({ id: RowNumber }, closed)

/** What is done to an incident, and what was. */
import { Type, type Static } from 'typebox'
import { StageShape } from './incident.ts'
import { closed, Words, Millis, Name } from './words.ts'

/** Of an action and of a mute, in characters; one of them at least is to be seen: what is blank on every screen is no reason. */
const Reason = Type.String({
  minLength: 1,
  maxLength: 2000,
  pattern: '(?!\\p{Default_Ignorable_Code_Point}|\\u2800)[\\p{L}\\p{N}\\p{P}\\p{S}]',
})
const version = { version: Type.Integer({ minimum: 0 }) }

/** `version`: of the incident as one saw it. */
export const ActionRequest = Type.Union([
  Type.Object({ kind: Type.Literal('acknowledge'), reason: Type.Optional(Reason), ...version }, closed),
  Type.Object({ kind: Type.Enum(['false-alarm', 'close']), reason: Reason, ...version }, closed),
])

export const ActionShape = Type.Object(
  {
    kind: Type.Enum(['acknowledge', 'false-alarm', 'close', 'opened', 'raised', 'reopened', 'withdrawn']),
    by: Type.Object({ kind: Type.Enum(['account', 'agent', 'command', 'collector']), name: Name }, closed),
    at: Millis,
    reason: Type.Optional(Name),
    /** By kind. */
    fields: Type.Record(Type.String(), Type.Unknown()),
  },
  closed,
)
export type ActionView = Static<typeof ActionShape>

/** In their order; of more than 500 the newest. */
export const ActionList = Type.Object({ items: Type.Array(ActionShape) }, closed)
export type ActionListView = Static<typeof ActionList>

/** What a problem `changed` carries besides: how the incident stands, and what was done to it since the version that was sent. */
export const Changed = Type.Object(
  { stage: StageShape, version: Type.Integer(), meanwhile: Type.Array(ActionShape) },
  closed,
)
export type ChangedView = Static<typeof Changed>

export const MuteRequest = Type.Object(
  { rule: Type.String({ minLength: 1, maxLength: 128 }), until: Millis, reason: Reason },
  closed,
)
export const MuteShape = Type.Object(
  {
    id: Type.Integer(),
    rule: Name,
    /** Absent where this collector does not have the rule. */
    title: Type.Optional(Words),
    endpoint: Type.Object({ id: Type.Integer(), name: Name, department: Name }, closed),
    until: Millis,
    reason: Name,
    by: Name,
    madeAt: Millis,
  },
  closed,
)
export type MuteView = Static<typeof MuteShape>
/** Those in force, at most 500; those that end first come first. */
export const MuteList = Type.Object({ items: Type.Array(MuteShape) }, closed)
export type MuteListView = Static<typeof MuteList>

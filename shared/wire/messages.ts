/** The messages of `shoumi.1` (docs/protocol.md#messages): a first line of JSON with `type`, and what follows it by type. */
import { Type, type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { Time } from '#shared/vocabulary/time.ts'
import { Hash, Uuid, Whole } from '#shared/vocabulary/ids.ts'

export const SUBPROTOCOL = 'shoumi.1'
export const AGENT_PATH = '/agent/v1'
export const ENROL_PATH = '/enrol'
/** One WebSocket message. */
export const MAX_MESSAGE_BYTES = 1024 * 1024
/** An `events` message carries what is there, up to these, whichever comes first. */
export const MAX_ENTRIES = 500
export const MAX_ENTRY_BYTES = 256 * 1024
/** Epochs in one `hello`, oldest first: what is over follows on another page. */
export const MAX_EPOCHS = 4096
/** Pages of `hello` in one greeting, × 4,096 epochs: 16 starts a day for eleven years. */
export const MAX_HELLO_PAGES = 16
/** Parts of the media list, × 256 media. */
export const MAX_MEDIA_PARTS = 256
const MAX_CONDITIONS = 64

/** Why a message was not taken. A closed list (docs/protocol.md#verification). */
export const refusals = ['identity', 'signature', 'root', 'fork', 'start', 'gap', 'size', 'malformed'] as const
export type Refusal = (typeof refusals)[number]

const closed = { additionalProperties: false }
const Short = Type.String({ maxLength: 512 })

const Said = Type.String({ maxLength: 1024 })

/** A named state of health; `todo` says what to do about it. In English, and where `zh` is there in Chinese too. */
export const Condition = Type.Object(
  {
    code: Type.String({ maxLength: 64 }),
    severity: Type.Enum(['critical', 'high', 'moderate', 'low']),
    since: Time,
    text: Said,
    todo: Said,
    zh: Type.Optional(Type.Object({ text: Said, todo: Said }, closed)),
  },
  closed,
)
export type Condition = Static<typeof Condition>

const MachineClock = Type.Object({ at: Time, mono: Whole }, closed)
const DocumentKind = Type.Enum(['policy', 'register', 'media'])
const Part = Type.Integer({ minimum: 0, maximum: MAX_MEDIA_PARTS - 1 })
export type DocumentKind = Static<typeof DocumentKind>

/** By `type`. */
export const headers = {
  /** After it, on the first page: the agent's newest receipt, where it has one. Versions: 0 where it has no such document. */
  hello: Type.Object(
    {
      type: Type.Literal('hello'),
      version: Short,
      boot: Uuid,
      clock: MachineClock,
      policy: Whole,
      register: Whole,
      /** The version of each part of the media list, in their order. */
      media: Type.Array(Whole, { maxItems: MAX_MEDIA_PARTS }),
      epochs: Type.Array(Type.Object({ epoch: Uuid, size: Whole }, closed), { maxItems: MAX_EPOCHS }),
      /** Another page follows, once this one has its `welcome`. */
      more: Type.Optional(Type.Literal(true)),
    },
    closed,
  ),
  /** Of each epoch listed, what the store holds: size 0 and the root of nothing where it holds none. */
  welcome: Type.Object(
    {
      type: Type.Literal('welcome'),
      epochs: Type.Array(Type.Object({ epoch: Uuid, size: Whole, root: Hash }, closed), { maxItems: MAX_EPOCHS }),
      window: Type.Integer({ minimum: 1, maximum: 64 }),
      time: Time,
    },
    closed,
  ),
  events: Type.Object({ type: Type.Literal('events'), epoch: Uuid, from: Whole }, closed),
  receipt: Type.Object({ type: Type.Literal('receipt') }, closed),
  /** `part`: of the media list, and only there. */
  document: Type.Object(
    { type: Type.Literal('document'), kind: DocumentKind, part: Type.Optional(Part), version: Whole },
    closed,
  ),
  applied: Type.Object(
    { type: Type.Literal('applied'), kind: DocumentKind, part: Type.Optional(Part), version: Whole },
    closed,
  ),
  /** From an agent with all of it, from a collector with its clock alone. */
  heartbeat: Type.Object(
    {
      type: Type.Literal('heartbeat'),
      clock: MachineClock,
      conditions: Type.Optional(Type.Array(Condition, { maxItems: MAX_CONDITIONS })),
      journal: Type.Optional(Type.Object({ bytes: Whole, limitBytes: Whole, unreceipted: Whole }, closed)),
      newest: Type.Optional(Type.Object({ epoch: Uuid, index: Whole }, closed)),
    },
    closed,
  ),
  bye: Type.Object(
    {
      type: Type.Literal('bye'),
      reason: Type.Enum(['shutdown', 'suspend', 'upgrade', 'uninstall', 'service-stop', 'revoked', 'refused']),
      by: Type.Optional(Short),
      /** For `refused`: why, and where. With `gap`, `size` is what the store holds of that epoch. */
      code: Type.Optional(Type.Enum([...refusals])),
      epoch: Type.Optional(Uuid),
      from: Type.Optional(Whole),
      size: Type.Optional(Whole),
      index: Type.Optional(Whole),
      detail: Type.Optional(Short),
      retryAfterMs: Type.Optional(Whole),
    },
    closed,
  ),
}
export type MessageHeader = { [K in keyof typeof headers]: Static<(typeof headers)[K]> }[keyof typeof headers]
export type HeaderOf<T extends MessageHeader['type']> = Extract<MessageHeader, { type: T }>

const validators = new Map(Object.entries(headers).map(([type, schema]) => [type, Compile(schema)]))

/** A message: its header, and the bytes after the header's newline (empty where there are none). */
export interface Message {
  readonly header: MessageHeader
  readonly body: Buffer
}

/** For a collector: undefined where the first line is no header that we know, field for field. */
export function readMessage(bytes: Buffer): Message | undefined {
  const { line, body } = parted(bytes)
  const value = typed(line)
  const header = value && checked(value)
  return header && { header, body }
}

/** For an agent, which is older than its collector as a rule: fields that it does not know are left out, and of a type that
 *  it does not know only the name comes back. Undefined where the first line is no header at all. */
export function readOpenMessage(bytes: Buffer): Message | { readonly unknown: string } | undefined {
  const { line, body } = parted(bytes)
  const value = typed(line)
  if (value === undefined) return undefined
  const schema = new Map<string, TSchema>(Object.entries(headers)).get(value.type)
  if (schema === undefined) return { unknown: value.type.slice(0, 64) }
  const header = checked(Value.Clean(schema, value))
  return header && { header, body }
}

function parted(bytes: Buffer): { line: string; body: Buffer } {
  const newline = bytes.indexOf(10)
  const end = newline < 0 ? bytes.length : newline
  return { line: bytes.toString('utf8', 0, end), body: bytes.subarray(Math.min(end + 1, bytes.length)) }
}

function typed(line: string): { type: string } | undefined {
  try {
    const value: unknown = JSON.parse(line)
    const isTyped = typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
    return isTyped ? { ...value, type: String(value.type) } : undefined
  } catch {
    return undefined
  }
}

const isHeader = (value: unknown): value is MessageHeader =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  validators.get(String(value.type))?.Check(value) === true
const checked = (value: unknown): MessageHeader | undefined => (isHeader(value) ? value : undefined)

export const writeMessage = (header: MessageHeader, body = ''): string =>
  body === '' ? JSON.stringify(header) : `${JSON.stringify(header)}\n${body}`

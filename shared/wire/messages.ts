/** The messages of `shoumi.1` (CONTRACTS §4): a first line of JSON with `type`, and what follows it by type. */
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { Time } from '#shared/vocabulary/clock.ts'
import { Hash, Uuid, Whole } from '#shared/vocabulary/ids.ts'

export const SUBPROTOCOL = 'shoumi.1'
export const AGENT_PATH = '/agent/v1'
export const ENROL_PATH = '/enrol'
/** One WebSocket message. */
export const MAX_MESSAGE_BYTES = 1024 * 1024
/** An `events` message carries what is there, up to these, whichever comes first. */
export const MAX_ENTRIES = 500
export const MAX_ENTRY_BYTES = 256 * 1024
/** Epochs in one `hello`, oldest first: what is over waits for the next connection. */
export const MAX_EPOCHS = 4096
const MAX_CONDITIONS = 64

/** Why a message was not taken. A closed list (CONTRACTS §4). */
export const refusals = ['identity', 'signature', 'root', 'fork', 'start', 'gap', 'size', 'malformed'] as const
export type Refusal = (typeof refusals)[number]

const closed = { additionalProperties: false }
const Short = Type.String({ maxLength: 512 })

/** A named state of health (DESIGN §3); `todo` says what to do about it. */
export const Condition = Type.Object(
  {
    code: Type.String({ maxLength: 64 }),
    severity: Type.Enum(['critical', 'high', 'moderate', 'low']),
    since: Time,
    text: Type.String({ maxLength: 1024 }),
    todo: Type.String({ maxLength: 1024 }),
  },
  closed,
)
export type Condition = Static<typeof Condition>

const MachineClock = Type.Object({ at: Time, mono: Whole }, closed)
const DocumentKind = Type.Enum(['policy', 'register'])
export type DocumentKind = Static<typeof DocumentKind>

/** By `type`. */
export const headers = {
  /** After it: the agent's newest receipt, where it has one. Versions: 0 where it has no such document. */
  hello: Type.Object(
    {
      type: Type.Literal('hello'),
      version: Short,
      boot: Uuid,
      clock: MachineClock,
      policy: Whole,
      register: Whole,
      epochs: Type.Array(Type.Object({ epoch: Uuid, size: Whole }, closed), { maxItems: MAX_EPOCHS }),
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
  document: Type.Object({ type: Type.Literal('document'), kind: DocumentKind, version: Whole }, closed),
  applied: Type.Object({ type: Type.Literal('applied'), kind: DocumentKind, version: Whole }, closed),
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
      reason: Type.Enum(['shutdown', 'upgrade', 'service-stop', 'revoked', 'refused']),
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
export type Header = { [K in keyof typeof headers]: Static<(typeof headers)[K]> }[keyof typeof headers]
export type HeaderOf<T extends Header['type']> = Extract<Header, { type: T }>

const validators = new Map(Object.entries(headers).map(([type, schema]) => [type, Compile(schema)]))

/** A message: its header, and the bytes after the header's newline (empty where there are none). */
export interface Message {
  readonly header: Header
  readonly body: Buffer
}

/** Undefined where the first line is no header that we know: the sender speaks something else. */
export function readMessage(bytes: Buffer): Message | undefined {
  const newline = bytes.indexOf(10)
  const end = newline < 0 ? bytes.length : newline
  const header = readHeader(bytes.toString('utf8', 0, end))
  return header && { header, body: bytes.subarray(Math.min(end + 1, bytes.length)) }
}

function readHeader(line: string): Header | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string')
    return undefined
  const validator = validators.get(value.type)
  const isHeader = (shaped: unknown): shaped is Header => validator?.Check(shaped) === true
  return isHeader(value) ? value : undefined
}

export const writeMessage = (header: Header, body = ''): string =>
  body === '' ? JSON.stringify(header) : `${JSON.stringify(header)}\n${body}`

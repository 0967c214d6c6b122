/** An event: one line of JSON in a log (docs/protocol.md#encoding, docs/protocol.md#event). The bytes that were sent are
 *  hashed, stored and proved. */
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { Time } from '#shared/vocabulary/time.ts'
import { Salt, Uuid, Whole } from '#shared/vocabulary/ids.ts'
import { Severity, worstSeverity } from '#shared/vocabulary/levels.ts'
import { kindNames, kinds, type Detail, type Kind } from './kinds.ts'
import {
  EventActor,
  type Address,
  type File,
  type Interface,
  type Medium,
  type MediumIdentity,
  type Route,
  type Volume,
} from './subject.ts'

/** Without its newline. A longer one is refused as `size`. */
export const MAX_LINE_BYTES = 64 * 1024

const Found = Type.Enum(['live', 'present', 'reconciled', 'recovered'])
export type Found = Static<typeof Found>

export const Verdict = Type.Object(
  {
    rule: Type.String({ maxLength: 64 }),
    policyVersion: Whole,
    severity: Severity,
    clause: Type.String({ maxLength: 64 }),
  },
  { additionalProperties: false },
)
export type Verdict = Static<typeof Verdict>

export const eventSchema = (kind: Kind) =>
  Type.Object(
    {
      v: Type.Literal(1),
      salt: Salt,
      at: Time,
      mono: Whole,
      boot: Uuid,
      trusted: Type.Optional(Time),
      /** Local wall clock minus trusted time, ms. */
      skew: Type.Optional(Type.Integer({ minimum: -999_999_999_999_999, maximum: 999_999_999_999_999 })),
      kind: Type.Literal(kind),
      found: Found,
      subject: kinds[kind].subject,
      actor: Type.Optional(EventActor),
      verdicts: Type.Array(Verdict, { maxItems: 64 }),
      detail: kinds[kind].detail,
      /** Ids of the approvals without which a rule would have been broken. */
      approvals: Type.Optional(
        Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 16 }),
      ),
      drill: Type.Optional(Type.Literal(true)),
    },
    { additionalProperties: false },
  )

/** The parts of a subject that any event may have, for readers that do not care for the kind. */
export interface Subject {
  plug?: string
  medium?: { key: string; status: Medium['status']; level?: Medium['level'] } & Partial<Omit<Medium, 'level'>>
  volume?: { mountPoint: string } & Partial<Volume>
  file?: File
  interface?: Interface
  address?: Address
  route?: Route
}

interface Stamp {
  v: 1
  salt: string
  at: string
  mono: number
  boot: string
  trusted?: string
  skew?: number
  found: Found
  subject: Subject
  actor?: EventActor
  verdicts: Verdict[]
  approvals?: string[]
  drill?: true
}
/** Narrow by `kind` to know its `detail`. */
export type Event = { [K in Kind]: Stamp & { kind: K; detail: Detail<K> } }[Kind]

/** What a sensor saw: a fact with its stamps, and no opinion. */
export type Observation = {
  [K in Kind]: {
    kind: K
    found: Found
    at: string
    mono: number
    subject: ObservedSubject
    actor?: EventActor
    detail: Detail<K>
  }
}[Kind]
/** As `Subject`, but a medium only says what it is; what the register says of it the judge adds. */
export interface ObservedSubject extends Omit<Subject, 'medium' | 'volume'> {
  medium?: MediumIdentity
  volume?: Volume
}

const validators = new Map<string, ReturnType<typeof Compile>>(
  kindNames.map((kind) => [kind, Compile(eventSchema(kind))]),
)

export type Parsed = { ok: true; event: Event } | { ok: false; reason: string }

/** Reads one line. Not understood, with the reason: no JSON object, not equal to its own re-encoding, unknown kind, wrong shape. */
export function parseEvent(line: string): Parsed {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { ok: false, reason: 'no JSON' }
  }
  if (typeof value !== 'object' || value === null || !('kind' in value) || typeof value.kind !== 'string')
    return { ok: false, reason: 'no object with a kind' }
  const validator = validators.get(value.kind)
  if (validator === undefined) return { ok: false, reason: 'unknown kind' }
  const isEvent = (shaped: unknown): shaped is Event => validator.Check(shaped)
  if (!isEvent(value)) return { ok: false, reason: faultOf(validator, value) }
  if (JSON.stringify(value) !== line) return { ok: false, reason: 'not equal to its own encoding' }
  return { ok: true, event: value }
}

function faultOf(validator: ReturnType<typeof Compile>, value: unknown): string {
  const [first] = [...validator.Errors(value)].toReversed()
  return first === undefined ? 'wrong shape' : `${first.instancePath || '/'} ${first.message}`.slice(0, 200)
}

/** One line, as the journal takes it; undefined where it is larger or other than an event may be. */
export function encodeEvent(event: Event): string | undefined {
  const line = JSON.stringify(event)
  return Buffer.byteLength(line) <= MAX_LINE_BYTES && parseEvent(line).ok ? line : undefined
}

/** The highest of its verdicts; undefined where the event is *noted*. */
export const severityOf = (event: { verdicts: readonly Verdict[] }): Severity | undefined =>
  worstSeverity(event.verdicts.map((v) => v.severity))

/** The two signed documents that reach an agent: policy and register (CONTRACTS §5). */
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { isSignedBy, parseNote, signNote, type Signer, type VerifierKey } from '#shared/evidence/note.ts'
import { parseTime, Time } from '#shared/vocabulary/clock.ts'
import { Uuid, Whole } from '#shared/vocabulary/ids.ts'
import { Level, NetworkKind, Severity } from '#shared/vocabulary/levels.ts'

export const OFFICE_KEY_NAME = 'shoumi.1/office'
export const REGISTER_KEY_NAME = 'shoumi.1/register'
/** With its signatures; it has to fit into one message. */
export const MAX_DOCUMENT_BYTES = 900 * 1024

const closed = { additionalProperties: false }
const Name = Type.String({ minLength: 1, maxLength: 256 })
const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,63}$' })
const VerifierKeyText = Type.String({ maxLength: 512 })
const dated = { version: Whole, issued: Time, expires: Time }

export const Rule = Type.Object(
  {
    id: Id,
    title: Type.Object({ zh: Name, en: Name }, closed),
    clause: Id,
    check: Id,
    /** What the check takes; it says itself what it understands. */
    parameters: Type.Optional(Type.Record(Type.String(), Type.Union([Type.Boolean(), Type.Integer(), Type.String()]))),
    levels: Type.Array(Level, { minItems: 1, uniqueItems: true }),
    /** Absent: on every kind of network. */
    networkKinds: Type.Optional(Type.Array(NetworkKind, { minItems: 1, uniqueItems: true })),
    severity: Severity,
    /** Empty: nothing is done but to tell. */
    response: Type.Array(Type.String(), { maxItems: 0 }),
  },
  closed,
)
export type Rule = Static<typeof Rule>

export const Policy = Type.Object(
  {
    ...dated,
    rules: Type.Array(Rule, { maxItems: 512 }),
    /** Who may sign what. */
    keys: Type.Object(
      {
        register: Type.Array(VerifierKeyText, { maxItems: 8 }),
        receipts: Type.Array(VerifierKeyText, { maxItems: 8 }),
        nextOffice: Type.Optional(VerifierKeyText),
      },
      closed,
    ),
  },
  closed,
)
export type Policy = Static<typeof Policy>

/** What identifies a medium in the ledger; each part named has to agree. */
const MediumMatch = Type.Object(
  {
    usbSerial: Type.Optional(Name),
    diskSerial: Type.Optional(Name),
    vid: Type.Optional(Type.String({ pattern: '^[0-9a-f]{4}$' })),
    pid: Type.Optional(Type.String({ pattern: '^[0-9a-f]{4}$' })),
    fsUuid: Type.Optional(Name),
    partitionTable: Type.Optional(Name),
    sizeBytes: Type.Optional(Whole),
  },
  { ...closed, minProperties: 1 },
)
export type MediumMatch = Static<typeof MediumMatch>

export const RegisteredMedium = Type.Object({ id: Name, level: Level, identity: MediumMatch }, closed)
export type RegisteredMedium = Static<typeof RegisteredMedium>

/** A bounded permission: this medium in this endpoint, from then to then (CONTRACTS §6: by trusted time). */
export const Approval = Type.Object(
  {
    id: Name,
    medium: Type.Union([Type.Object({ id: Name }, closed), Type.Object({ identity: MediumMatch }, closed)]),
    allows: Type.Array(Type.Enum(['use', 'copy']), { minItems: 1, uniqueItems: true }),
    person: Type.Optional(Name),
    approvedBy: Name,
    from: Time,
    to: Time,
  },
  closed,
)
export type Approval = Static<typeof Approval>

/** What a cell of the endpoint ledger tells its agent. */
export const Endpoint = Type.Object(
  {
    name: Name,
    level: Level,
    networkKind: NetworkKind,
    department: Name,
    responsible: Type.Optional(Name),
    /** CIDR. Absent: nobody has said yet (a pending endpoint), and networks are not judged. */
    allowedNetworks: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256 })),
    status: Type.Enum(['confirmed', 'pending']),
  },
  closed,
)
export type Endpoint = Static<typeof Endpoint>

export const Register = Type.Object(
  {
    ...dated,
    /** Whom it is for: another agent takes it not. */
    agent: Uuid,
    endpoint: Endpoint,
    media: Type.Array(RegisteredMedium, { maxItems: 4096 }),
    approvals: Type.Array(Approval, { maxItems: 4096 }),
  },
  closed,
)
export type Register = Static<typeof Register>

const validators = { policy: Compile(Policy), register: Compile(Register) }

/** A note whose text is two lines: what it is, and the JSON. */
export const signDocument = (kind: 'policy' | 'register', document: Policy | Register, signer: Signer): string =>
  signNote(`shoumi.1/${kind}\n${JSON.stringify(document)}\n`, signer)

export type Opened<T> = { ok: true; document: T } | { ok: false; reason: string }

/** What a policy says, where the office signed it; `reason` says why not. Its version is for the caller to compare. */
export const openPolicy = (note: string, keys: readonly VerifierKey[]): Opened<Policy> =>
  open('policy', note, keys, (value): value is Policy => validators.policy.Check(value))

/** What a register says, where a key that the policy names signed it, for this agent. */
export function openRegister(note: string, keys: readonly VerifierKey[], agent: string): Opened<Register> {
  const opened = open('register', note, keys, (value): value is Register => validators.register.Check(value))
  return opened.ok && opened.document.agent !== agent ? { ok: false, reason: 'it is another agent’s' } : opened
}

function open<T extends { issued: string; expires: string }>(
  kind: 'policy' | 'register',
  text: string,
  keys: readonly VerifierKey[],
  check: (value: unknown) => value is T,
): Opened<T> {
  const note = text.length <= MAX_DOCUMENT_BYTES ? parseNote(text) : undefined
  if (note === undefined) return { ok: false, reason: 'it is no signed note' }
  if (!keys.some((key) => isSignedBy(note, key))) return { ok: false, reason: 'no key that may sign it did' }
  const [what, json, ...rest] = note.text.split('\n')
  if (what !== `shoumi.1/${kind}` || json === undefined || rest.length !== 1)
    return { ok: false, reason: `it is no ${kind}` }
  try {
    const value: unknown = JSON.parse(json)
    if (!check(value)) return { ok: false, reason: 'it has a shape that this version does not know' }
    if ([value.issued, value.expires].some((time) => Number.isNaN(parseTime(time))))
      return { ok: false, reason: 'it has no such time' }
    return { ok: true, document: value }
  } catch {
    return { ok: false, reason: 'it is no JSON' }
  }
}

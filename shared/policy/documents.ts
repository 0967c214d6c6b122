/** The three signed documents that reach an agent: policy, register, and the media list in parts. An agent ignores fields
 *  and approvals that it does not know: collectors are upgraded first. */
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { isSignedBy, parseNote, signNote, type Signer, type VerifierKey } from '#shared/evidence/note.ts'
import { Time } from '#shared/vocabulary/time.ts'
import type { Words } from '#shared/vocabulary/labels.ts'
import { Uuid, Whole } from '#shared/vocabulary/ids.ts'
import { Level, NetworkKind, Severity } from '#shared/vocabulary/levels.ts'
import { MAX_MEDIA_PARTS, type DocumentKind } from '#shared/wire/messages.ts'

export const OFFICE_KEY_NAME = 'shoumi.1/office'
export const REGISTER_KEY_NAME = 'shoumi.1/register'
/** With its signatures; it has to fit into one message. */
export const MAX_DOCUMENT_BYTES = 900 * 1024

const closed = { additionalProperties: false }
const Name = Type.String({ minLength: 1, maxLength: 256 })
const Id = Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,63}$' })
const VerifierKeyText = Type.String({ maxLength: 512 })
/** `needs`: words of what a reader has to know to take it at all; none is defined yet. */
const dated = {
  version: Whole,
  issued: Time,
  expires: Time,
  needs: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 64 })),
}
const knownNeeds: readonly string[] = []

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

/** A bounded permission, by trusted time: this medium in this endpoint, from then to then. */
export const Approval = Type.Object(
  {
    id: Name,
    /** What kind of thing it is about; an agent skips one about what it does not know. */
    for: Type.Literal('medium'),
    medium: Type.Union([Type.Object({ id: Name }, closed), Type.Object({ identity: MediumMatch }, closed)]),
    allows: Type.Array(Type.Enum(['use', 'copy', 'import', 'export', 'sign-in', 'connect', 'carry-out']), {
      minItems: 1,
      uniqueItems: true,
    }),
    /** Whom it names; absent or empty: anybody. */
    persons: Type.Optional(Type.Array(Name, { maxItems: 64 })),
    approvedBy: Type.Array(Name, { minItems: 1, maxItems: 2 }),
    from: Time,
    to: Time,
  },
  closed,
)
export type Approval = Static<typeof Approval>

const Mac = Type.String({ pattern: '^[0-9a-f]{2}(:[0-9a-f]{2}){5}$' })

/** What a line of the endpoint ledger tells its agent. */
export const Endpoint = Type.Object(
  {
    name: Name,
    level: Level,
    networkKind: NetworkKind,
    department: Name,
    responsible: Type.Optional(Name),
    /** CIDR. Absent: nobody has said yet (a pending endpoint), and networks are not judged. */
    allowedNetworks: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 256 })),
    /** Names of its network cards, as its own events call them. */
    cards: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9a-f]{32}$' }), { maxItems: 64 })),
    gatewayMacs: Type.Optional(Type.Array(Mac, { maxItems: 64 })),
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
    approvals: Type.Array(Approval, { maxItems: 4096 }),
  },
  closed,
)
export type Register = Static<typeof Register>

/** Media of one part of the list. A medium stays in its part. */
export const MAX_PART_MEDIA = 256

/** One part of the ledger's list of media, the same for every agent of a collector. */
export const MediaPart = Type.Object(
  {
    ...dated,
    part: Type.Integer({ minimum: 0, maximum: MAX_MEDIA_PARTS - 1 }),
    media: Type.Array(RegisteredMedium, { maxItems: MAX_PART_MEDIA }),
  },
  closed,
)
export type MediaPart = Static<typeof MediaPart>

export interface DocumentOf {
  policy: Policy
  register: Register
  media: MediaPart
}
const schemas = { policy: Policy, register: Register, media: MediaPart }
const validators = { policy: Compile(Policy), register: Compile(Register), media: Compile(MediaPart) }

/** A note whose text is two lines: what it is, and the JSON. */
export const signDocument = <K extends DocumentKind>(kind: K, document: DocumentOf[K], signer: Signer): string =>
  signNote(`shoumi.1/${kind}\n${JSON.stringify(document)}\n`, signer)

/** `skipped`: ids of approvals about things that this version does not know; a condition has to name them. */
export type OpenedDocument<T> = { ok: true; document: T; skipped: readonly string[] } | { ok: false; reason: Words }

const failed = (zh: string, en: string): { ok: false; reason: Words } => ({ ok: false, reason: { zh, en } })

/** What a policy says, where the office signed it; `reason` says why not. Its version is for the caller to compare. */
export const openPolicy = (note: string, keys: readonly VerifierKey[]): OpenedDocument<Policy> =>
  open('policy', note, keys, (value): value is Policy => validators.policy.Check(value))

/** What a register says, where a key that the policy names signed it, for this agent. */
export function openRegister(note: string, keys: readonly VerifierKey[], agent: string): OpenedDocument<Register> {
  const opened = open('register', note, keys, (value): value is Register => validators.register.Check(value))
  return opened.ok && opened.document.agent !== agent ? failed('属于另一个代理', 'it is another agent’s') : opened
}

/** What a part of the media list says, where a key that the policy names for registers signed it. */
export const openMediaPart = (note: string, keys: readonly VerifierKey[]): OpenedDocument<MediaPart> =>
  open('media', note, keys, (value): value is MediaPart => validators.media.Check(value))

function open<T>(
  kind: DocumentKind,
  text: string,
  keys: readonly VerifierKey[],
  check: (value: unknown) => value is T,
): OpenedDocument<T> {
  const note = text.length <= MAX_DOCUMENT_BYTES ? parseNote(text) : undefined
  if (note === undefined) return failed('不是签名文书', 'it is no signed note')
  if (!keys.some((key) => isSignedBy(note, key))) return failed('签发密钥不符', 'no key that may sign it did')
  const [what, json, ...rest] = note.text.split('\n')
  if (what !== `shoumi.1/${kind}` || json === undefined || rest.length !== 1)
    return failed('文书类型不符', `it is no ${kind}`)
  return read(kind, json, check)
}

function read<T>(kind: DocumentKind, json: string, check: (value: unknown) => value is T): OpenedDocument<T> {
  let given: unknown
  try {
    given = JSON.parse(json)
  } catch {
    return failed('格式不符', 'it is no JSON')
  }
  const needed = strings(field(given, 'needs')).filter((word) => !knownNeeds.includes(word))
  if (needed.length > 0)
    return failed(
      `含有本版本不能识别的要求：${needed.join('、')}`,
      `it needs what this version does not know: ${needed.join(', ')}`,
    )
  const { value, skipped } = withoutUnknownApprovals(given)
  const cleaned: unknown = Value.Clean(schemas[kind], value)
  if (!check(cleaned)) return failed('格式为本版本所不能识别', 'it has a shape that this version does not know')
  return { ok: true, document: cleaned, skipped }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []

/** An approval about a thing that is not known permits nothing here, and is no reason to refuse the rest. */
function withoutUnknownApprovals(value: unknown): { value: unknown; skipped: string[] } {
  const approvals = field(value, 'approvals')
  if (!Array.isArray(approvals)) return { value, skipped: [] }
  const isUnknown = (approval: unknown): boolean => {
    const about = field(approval, 'for')
    return typeof about === 'string' && about !== 'medium'
  }
  const skipped = strings(approvals.filter(isUnknown).map((approval) => field(approval, 'id')))
  return { value: { ...Object(value), approvals: approvals.filter((each) => !isUnknown(each)) }, skipped }
}

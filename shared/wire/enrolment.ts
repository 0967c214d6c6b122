/** `POST /enrol` (docs/protocol.md#enrolment): an agent shows its token and public key, and gets all it needs. */
import { Type, type Static } from 'typebox'
import { Time } from '#shared/vocabulary/time.ts'
import { Uuid } from '#shared/vocabulary/ids.ts'

const closed = { additionalProperties: false }
const Short = Type.String({ maxLength: 512 })
const Pem = Type.String({ maxLength: 16_384 })

/** The hardware passport: what the machine says of itself, as far as it could be read; absent is *unknown*. */
export const Passport = Type.Object(
  {
    manufacturer: Type.Optional(Short),
    model: Type.Optional(Short),
    serial: Type.Optional(Short),
    boardSerial: Type.Optional(Short),
    diskSerials: Type.Optional(Type.Array(Short, { maxItems: 32 })),
    macs: Type.Optional(Type.Array(Short, { maxItems: 64 })),
    os: Type.Optional(Short),
    cpu: Type.Optional(Short),
    memoryBytes: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  closed,
)
export type Passport = Static<typeof Passport>

/** Two readings of the machine that an identity belongs to: the DMI product UUID, and the permanent MAC addresses of its
 *  built-in cards; each only where it is known and no filler. */
export const Machine = Type.Object(
  {
    uuid: Type.Optional(Uuid),
    macs: Type.Optional(
      Type.Array(Type.String({ pattern: '^[0-9a-f]{2}(:[0-9a-f]{2}){5}$' }), { minItems: 1, maxItems: 64 }),
    ),
  },
  closed,
)
export type Machine = Static<typeof Machine>

export const EnrolRequest = Type.Object(
  {
    token: Type.String({ maxLength: 256 }),
    csr: Pem,
    host: Short,
    at: Time,
    machine: Machine,
    passport: Passport,
  },
  closed,
)
export type EnrolRequest = Static<typeof EnrolRequest>

/** `policy` and `register` are signed notes; `officeKey` is the verifier key of the office. PEM: `certificate` alone, `chain` up to the root. */
export const EnrolReply = Type.Object(
  {
    certificate: Pem,
    chain: Type.String({ maxLength: 65_536 }),
    collector: Short,
    officeKey: Short,
    policy: Type.String(),
    register: Type.String(),
    status: Type.Enum(['confirmed', 'pending']),
  },
  closed,
)
export type EnrolReply = Static<typeof EnrolReply>

/** The named parts that an event is about (docs/protocol.md#parts). Every text from outside is bounded here. */
import { Type, type Static } from 'typebox'
import { Level } from '#shared/vocabulary/levels.ts'
import { Uuid, Whole } from '#shared/vocabulary/ids.ts'

const closed = { additionalProperties: false }
const Name = Type.String({ maxLength: 256 })
/** Linux allows 4,096 bytes; a character of UTF-16 is never less than a byte of it. */
const Path = Type.String({ minLength: 1, maxLength: 4096 })

/** One stay of a medium: derived alike when heard and when found present, different for every stay. */
export const Plug = Type.String({ pattern: '^[0-9a-f]{32}$' })

const identity = {
  /** What links the stays of one medium; equal for equal identities. */
  key: Type.String({ minLength: 1, maxLength: 512 }),
  vendor: Type.Optional(Name),
  product: Type.Optional(Name),
  usbSerial: Type.Optional(Name),
  diskSerial: Type.Optional(Name),
  vid: Type.Optional(Type.String({ pattern: '^[0-9a-f]{4}$' })),
  pid: Type.Optional(Type.String({ pattern: '^[0-9a-f]{4}$' })),
  fsUuid: Type.Optional(Name),
  partitionTable: Type.Optional(Name),
  sizeBytes: Type.Optional(Whole),
  label: Type.Optional(Name),
}
/** A medium as a sensor sees it: what it says of itself. */
export const MediumIdentity = Type.Object(identity, closed)
export type MediumIdentity = Static<typeof MediumIdentity>

const Status = Type.Enum(['registered', 'unregistered', 'shared-serial'])
/** How far the identity agrees with the ledger, in percent of the parts that the ledger names. */
const Score = Type.Integer({ minimum: 0, maximum: 100 })
/** The medium as the judge knows it: with what the register says. */
export const Medium = Type.Object(
  {
    /** The ledger's number. */
    id: Type.Optional(Name),
    ...identity,
    score: Score,
    status: Status,
    level: Type.Optional(Level),
  },
  closed,
)
export type Medium = Static<typeof Medium>

/** What a file event keeps of its medium; the whole stands in `medium.connected` of the same plug. */
export const MediumBrief = Type.Object({ key: identity.key, status: Status, level: Type.Optional(Level) }, closed)

export const Volume = Type.Object({ device: Path, fs: Name, readOnly: Type.Boolean(), mountPoint: Path }, closed)
export type Volume = Static<typeof Volume>
export const VolumeBrief = Type.Object({ mountPoint: Path }, closed)

export const File = Type.Object(
  {
    copy: Uuid,
    path: Path,
    pathBytes: Type.Optional(Type.String({ maxLength: 8192 })),
    sizeBytes: Type.Optional(Whole),
  },
  closed,
)
export type File = Static<typeof File>

export const Interface = Type.Object(
  {
    index: Whole,
    name: Name,
    mac: Type.Optional(Type.String({ pattern: '^[0-9a-f]{2}(:[0-9a-f]{2}){0,31}$' })),
    type: Name,
    /** The hardware: made by the agent, alike for one card at one place; a collector only compares it. */
    card: Type.String({ pattern: '^[0-9a-f]{32}$' }),
    /** The network namespace, where it is another than the agent's. */
    netns: Type.Optional(Name),
  },
  closed,
)
export type Interface = Static<typeof Interface>

const Family = Type.Enum(['ipv4', 'ipv6'])
export const Address = Type.Object(
  { family: Family, address: Name, prefix: Type.Integer({ minimum: 0, maximum: 128 }) },
  closed,
)
export type Address = Static<typeof Address>
const NextHop = Type.Object(
  { gateway: Type.Optional(Name), index: Type.Optional(Whole), weight: Type.Optional(Whole) },
  closed,
)
/** All of its parts name it: two routes that differ in one of them are two. */
export const Route = Type.Object(
  {
    family: Family,
    destination: Name,
    gateway: Type.Optional(Name),
    table: Whole,
    metric: Type.Optional(Whole),
    /** Who made it, as the system says: `dhcp`, `ra`, `static`, `kernel`, or a number. */
    protocol: Type.Optional(Name),
    /** The source addresses that it is for, as `address/prefix`. */
    source: Type.Optional(Name),
    nexthops: Type.Optional(Type.Array(NextHop, { minItems: 1, maxItems: 32 })),
  },
  closed,
)
export type Route = Static<typeof Route>

/** Who did it; absent where nobody acted. `basis` is the weakest of its parts. */
export const EventActor = Type.Object(
  {
    user: Type.Optional(Name),
    uid: Type.Optional(Whole),
    loginUid: Type.Optional(Whole),
    pid: Type.Optional(Whole),
    process: Type.Optional(Name),
    executable: Type.Optional(Path),
    ancestry: Type.Optional(Type.Array(Name, { maxItems: 16 })),
    basis: Type.Enum(['observed', 'inferred', 'unknown']),
  },
  closed,
)
export type EventActor = Static<typeof EventActor>

/** Every kind of event that is sent today: which parts its subject has and what its detail holds (docs/protocol.md#kinds).
 *  A kind is a fact, never an opinion. A kind that is not here is *not understood* and is quarantined. */
import { Type, type Static, type TProperties } from 'typebox'
import { Time } from '#shared/vocabulary/time.ts'
import { Hash, Uuid, Whole } from '#shared/vocabulary/ids.ts'
import { Address, File, Interface, Medium, MediumBrief, Plug, Route, Volume, VolumeBrief } from './subject.ts'

const closed = <P extends TProperties>(properties: P) => Type.Object(properties, { additionalProperties: false })
const Short = Type.String({ maxLength: 512 })
const none = closed({})

const whole = { plug: Plug, medium: Medium }
const brief = { plug: Plug, medium: MediumBrief, volume: VolumeBrief, file: File }

/** A moment of one boot; `trusted` where somebody vouches for it. */
const Stamp = closed({ mono: Whole, boot: Uuid, trusted: Type.Optional(Time) })
/** Of an end that was not heard live: the last look that still saw it, and the first that did not. */
const Between = closed({ after: Stamp, before: Stamp })
export type Between = Static<typeof Between>
const between = { between: Type.Optional(Between) }
const change = closed({ change: Type.Enum(['added', 'removed']), ...between })

/** How the log before this one ended, as `agent.started` tells it (docs/protocol.md#epochs). */
export const Previous = closed({
  epoch: Uuid,
  size: Whole,
  root: Hash,
  ended: Type.Enum(['clean', 'unclean', 'refused', 'damaged']),
  at: Time,
})
export type Previous = Static<typeof Previous>

export const kinds = {
  'medium.connected': {
    subject: closed(whole),
    /** `interfaces`: class, subclass and protocol of each USB interface, hex. `declared`: a folder that config calls a medium. */
    detail: closed({
      bus: Type.Enum(['usb', 'mmc', 'scsi', 'other', 'declared']),
      interfaces: Type.Optional(Type.Array(Type.String({ pattern: '^[0-9a-f]{6}$' }), { maxItems: 32 })),
      path: Type.Optional(Short),
    }),
  },
  'medium.mounted': {
    subject: closed({ ...whole, volume: Volume }),
    detail: closed({ remount: Type.Optional(Type.Boolean()) }),
  },
  'medium.unmounted': { subject: closed({ plug: Plug, medium: MediumBrief, volume: Volume }), detail: closed(between) },
  'medium.removed': { subject: closed(whole), detail: closed(between) },
  'file.copy-started': { subject: closed(brief), detail: none },
  'file.copied': {
    subject: closed(brief),
    /** `count`: how often the path came to rest; more than one where further closes within a second were folded. */
    detail: closed({ count: Type.Integer({ minimum: 1 }), modified: Type.Optional(Time) }),
  },
  'file.copy-interrupted': {
    subject: closed(brief),
    detail: closed({ reason: Type.Enum(['removed', 'unmounted', 'agent-stopped']), ...between }),
  },
  'file.identified': {
    subject: closed(brief),
    detail: closed({
      sha256: Type.Optional(Hash),
      /** Why there is no hash. */
      why: Type.Optional(Type.Enum(['removed', 'too-large', 'unreadable', 'changed', 'too-many'])),
    }),
  },
  'net.link-up': { subject: closed({ interface: Interface }), detail: none },
  'net.link-down': {
    subject: closed({ interface: Interface }),
    /** `gone`: the interface itself went, not only its carrier. */
    detail: closed({ gone: Type.Boolean(), ...between }),
  },
  'net.address': { subject: closed({ interface: Interface, address: Address }), detail: change },
  'net.route-changed': { subject: closed({ interface: Interface, route: Route }), detail: change },
  'policy.applied': {
    subject: none,
    /** `part`: of the media list. */
    detail: closed({
      document: Type.Enum(['policy', 'register', 'media']),
      part: Type.Optional(Whole),
      version: Whole,
      expires: Time,
    }),
  },
  'key.made': { subject: none, detail: closed({ key: Short, sealed: Type.Boolean() }) },
  'agent.started': {
    subject: none,
    detail: closed({ version: Short, host: Short, platform: Short, previous: Type.Optional(Previous) }),
  },
  'agent.stopped': { subject: none, detail: closed({ reason: Short }) },
  'agent.enrolled': {
    subject: none,
    detail: closed({ collector: Short, status: Type.Enum(['confirmed', 'pending']) }),
  },
  'agent.gap': {
    subject: none,
    /** `count`: how many are known to be missing; absent where nobody can know. */
    detail: closed({
      reason: Type.Enum(['notifications-lost', 'observations-dropped', 'not-recorded', 'files-unseen']),
      source: Short,
      count: Type.Optional(Whole),
    }),
  },
  'agent.coverage': {
    subject: none,
    detail: closed({
      sensor: Short,
      state: Type.Enum(['watching', 'degraded', 'unavailable']),
      code: Type.Optional(Short),
      text: Type.Optional(Type.String({ maxLength: 2048 })),
    }),
  },
} as const

export type Kind = keyof typeof kinds
export type Detail<K extends Kind> = Static<(typeof kinds)[K]['detail']>
const isKind = (name: string): name is Kind => Object.hasOwn(kinds, name)
export const kindNames: readonly Kind[] = Object.keys(kinds).filter(isKind)

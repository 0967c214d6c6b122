/** The documents that an agent holds, and what another one makes of them: taken, known already, or refused. Pure. */
import type { Enrolment } from '#agent/identity/enrolment.ts'
import {
  openMediaPart,
  openPolicy,
  openRegister,
  type MediaPart,
  type Policy,
  type Register,
} from '#shared/policy/documents.ts'
import type { Words } from '#shared/vocabulary/labels.ts'

export interface Held {
  readonly enrolment: Enrolment
  readonly policy: Policy | undefined
  /** `skipped`: approvals about what this version does not know. */
  readonly register: { readonly document: Register; readonly skipped: readonly string[] } | undefined
  /** By part. */
  readonly media: ReadonlyMap<number, MediaPart>
}

export type Taken =
  | { is: 'newer'; held: Held; version: number; expires: string; part?: number }
  /** `version`: of the one that is held, which is not older. */
  | { is: 'known'; version: number; part?: number }
  | { is: 'refused'; reason: Words }

/** What does not open is left out: the collector sends it again. */
export function holdingOf(agent: string, enrolment: Enrolment, parts: readonly string[]): Held {
  const policy = openPolicy(enrolment.policy, [enrolment.officeKey])
  if (!policy.ok) return { enrolment, policy: undefined, register: undefined, media: new Map() }
  const keys = policy.document.keys.register
  const register = openRegister(enrolment.register, keys, agent)
  const media = parts.flatMap((note) => {
    const opened = openMediaPart(note, keys)
    return opened.ok ? [[opened.document.part, opened.document] as const] : []
  })
  return { enrolment, policy: policy.document, register: register.ok ? register : undefined, media: new Map(media) }
}

export const inOrder = (media: Held['media']): MediaPart[] => [...media.values()].toSorted((a, b) => a.part - b.part)

export function takePolicy(held: Held, note: string): Taken {
  const { enrolment, policy } = held
  const next = policy?.keys.nextOffice
  const keys = next === undefined ? [enrolment.officeKey] : [enrolment.officeKey, next]
  const opened = openPolicy(note, keys)
  if (!opened.ok) return { is: 'refused', reason: opened.reason }
  const { version, expires } = opened.document
  if (version <= (policy?.version ?? 0)) return { is: 'known', version: policy?.version ?? 0 }
  const officeKey = keys.find((key) => openPolicy(note, [key]).ok) ?? enrolment.officeKey
  const after = { ...held, enrolment: { ...enrolment, officeKey, policy: note }, policy: opened.document }
  return { is: 'newer', held: after, version, expires }
}

export function takeRegister(agent: string, held: Held, note: string): Taken {
  const opened = openRegister(note, held.policy?.keys.register ?? [], agent)
  if (!opened.ok) return { is: 'refused', reason: opened.reason }
  const { version, expires } = opened.document
  const before = held.register?.document.version ?? 0
  if (version <= before) return { is: 'known', version: before }
  const after = { ...held, enrolment: { ...held.enrolment, register: note }, register: opened }
  return { is: 'newer', held: after, version, expires }
}

export function takeMediaPart(held: Held, note: string): Taken {
  const opened = openMediaPart(note, held.policy?.keys.register ?? [])
  if (!opened.ok) return { is: 'refused', reason: opened.reason }
  const { part, version, expires } = opened.document
  const before = held.media.get(part)?.version ?? 0
  if (version <= before) return { is: 'known', version: before, part }
  const media = new Map([...held.media, [part, opened.document]])
  return { is: 'newer', held: { ...held, media }, version, expires, part }
}

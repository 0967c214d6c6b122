/** The three signed documents, policy, register and the list of media in parts: taken only from who may sign them, and
 *  only forward. */
import type { Conditions } from '#agent/conditions.ts'
import type { Enrolment } from '#agent/identity/enrolment.ts'
import { standingBy, type Standing } from '#agent/judge/standing.ts'
import type { Fact } from '#agent/sensors/sensor.ts'
import type { VerifierKey } from '#shared/evidence/note.ts'
import type { Detail } from '#shared/event/kinds.ts'
import type { Words } from '#shared/vocabulary/labels.ts'
import type { DocumentKind, HeaderOf } from '#shared/wire/messages.ts'
import { holdingOf, inOrder, takeMediaPart, takePolicy, takeRegister, type Taken } from './held.ts'

export interface Documents {
  /** 0 where there is none; of the media list by part. */
  readonly versions: () => Pick<HeaderOf<'hello'>, DocumentKind>
  /** Whose receipts count. */
  readonly receiptKeys: () => readonly VerifierKey[]
  /** Records what is in force since the enrolment. */
  readonly tellApplied: () => void
  /** What is in force now of this document, newly or since before; undefined where it was refused, which is a condition. */
  readonly take: (about: Pick<Applied, 'kind' | 'part'>, note: string) => Promise<Applied | undefined>
  /** Raises or clears what a document past its end is, by trusted time. */
  readonly watchEnds: (trusted: number) => void
}

export type Applied = Pick<HeaderOf<'applied'>, 'kind' | 'part' | 'version'>

export interface DocumentsDependencies {
  readonly conditions: Conditions
  /** Writes the enrolment with its newer document. */
  readonly store: (enrolment: Enrolment) => Promise<void>
  readonly storePart: (part: number, note: string) => Promise<void>
  readonly judgeBy: (standing: Standing) => void
  readonly record: (fact: Fact) => void
}

/** Judges at once by the documents that the enrolment holds. */
export function openDocuments(
  agent: string,
  stored: { enrolment: Enrolment; parts: readonly string[] },
  dependencies: DocumentsDependencies,
): Documents {
  const { conditions, store, storePart, judgeBy, record } = dependencies
  let held = holdingOf(agent, stored.enrolment, stored.parts)
  let standing: Standing | undefined
  const refused = new Set<string>() // documents by name: at most 258

  const apply = (): void => {
    const { policy, register } = held
    raiseOr(conditions, 'register.unknown-approvals', register?.skipped ?? [])
    if (policy === undefined || register === undefined) return
    standing = standingBy(policy, register.document, inOrder(held.media))
    raiseOr(conditions, 'policy.unknown-rules', standing.evaluator.unknown)
    judgeBy(standing)
  }
  apply()
  const tell = (detail: Detail<'policy.applied'>): void =>
    record({ kind: 'policy.applied', found: 'live', subject: {}, detail })
  const tellDocument = (document: 'policy' | 'register'): void => {
    const { version, expires } = (document === 'policy' ? held.policy : held.register?.document) ?? {}
    if (version !== undefined && expires !== undefined) tell({ document, version, expires })
  }
  const takenBy = (kind: DocumentKind, note: string): Taken => {
    if (kind === 'policy') return takePolicy(held, note)
    return kind === 'register' ? takeRegister(agent, held, note) : takeMediaPart(held, note)
  }
  const refuse = (kind: DocumentKind, part: number | undefined, reason: Words): void => {
    refused.add(`${kind} ${part ?? ''}`)
    conditions.raise(`document.refused.${kind}`, { part, reason })
  }
  const accepted = (kind: DocumentKind, part: number | undefined): void => {
    refused.delete(`${kind} ${part ?? ''}`)
    if (![...refused].some((name) => name.startsWith(`${kind} `))) conditions.clear(`document.refused.${kind}`)
  }

  return {
    tellApplied() {
      tellDocument('policy')
      tellDocument('register')
    },
    versions: () => {
      const last = inOrder(held.media).at(-1)
      const media = Array.from({ length: last === undefined ? 0 : last.part + 1 }, (_, part) => part)
      return {
        policy: held.policy?.version ?? 0,
        register: held.register?.document.version ?? 0,
        media: media.map((part) => held.media.get(part)?.version ?? 0),
      }
    },
    receiptKeys: () => held.policy?.keys.receipts ?? [],
    async take({ kind, part: announced }, note) {
      const taken = takenBy(kind, note)
      if (taken.is === 'refused') {
        refuse(kind, announced, taken.reason)
        return undefined
      }
      const { is, version, part } = taken
      accepted(kind, part)
      const applied = { kind, version, ...(part !== undefined && { part }) }
      if (is === 'known') return applied
      if (part === undefined) await store(taken.held.enrolment)
      else await storePart(part, note)
      held = taken.held
      const { expires } = taken
      tell({ document: kind, ...(part !== undefined && { part }), version, expires })
      apply()
      return applied
    },
    watchEnds(trusted) {
      const past = standing?.expiredAt(trusted) ?? []
      for (const kind of ['policy', 'register', 'media'] as const)
        if (past.includes(kind)) conditions.raise(`${kind}.expired`, {})
        else conditions.clear(`${kind}.expired`)
    },
  }
}

function raiseOr(
  conditions: Conditions,
  code: 'register.unknown-approvals' | 'policy.unknown-rules',
  ids: readonly string[],
): void {
  if (ids.length === 0) conditions.clear(code)
  else conditions.raise(code, { ids })
}

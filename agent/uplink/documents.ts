/** The two signed documents (CONTRACTS §5): taken only from who may sign them, and only forward. */
import type { Conditions } from '#agent/conditions.ts'
import type { Enrolment } from '#agent/identity/enrolment.ts'
import { standingBy, type Standing } from '#agent/judge/standing.ts'
import type { Fact } from '#agent/sensors/sensor.ts'
import type { VerifierKey } from '#shared/evidence/note.ts'
import { openPolicy, openRegister, type Policy, type Register } from '#shared/policy/documents.ts'
import type { DocumentKind } from '#shared/wire/messages.ts'

export interface Documents {
  /** 0 where there is none. */
  readonly versions: () => Record<DocumentKind, number>
  /** Whose receipts count. */
  readonly receiptKeys: () => readonly VerifierKey[]
  /** Records what is in force since the enrolment. */
  readonly tellApplied: () => void
  /** True where it is in force now, newly or since before; false where it was refused, which is a condition. */
  readonly take: (kind: DocumentKind, note: string) => Promise<boolean>
  /** Raises or clears what a document past its end is, by trusted time. */
  readonly watchEnds: (trusted: number) => void
}

export interface DocumentsDependencies {
  readonly conditions: Conditions
  /** Writes the enrolment with its newer document. */
  readonly store: (enrolment: Enrolment) => Promise<void>
  readonly judgeBy: (standing: Standing) => void
  readonly record: (fact: Fact) => void
}

interface Held {
  readonly enrolment: Enrolment
  readonly policy: Policy | undefined
  readonly register: Register | undefined
}

/** Judges at once by the documents that the enrolment holds. */
export function openDocuments(agent: string, enrolment: Enrolment, dependencies: DocumentsDependencies): Documents {
  const { conditions, store, judgeBy, record } = dependencies
  let held = holdingOf(agent, enrolment)
  let standing: Standing | undefined

  const apply = (): void => {
    const { policy, register } = held
    if (policy === undefined || register === undefined) return
    standing = standingBy(policy, register)
    const { unknown } = standing.evaluator
    if (unknown.length === 0) conditions.clear('policy.unknown-rules')
    else
      conditions.raise('policy.unknown-rules', {
        severity: 'high',
        text: `This version cannot judge by: ${unknown.join(', ')}.`,
        todo: 'Upgrade the agent, or take the rules out of the policy.',
      })
    judgeBy(standing)
  }
  apply()
  const tell = (kind: DocumentKind): void => {
    const { version, expires } = held[kind] ?? {}
    if (version === undefined || expires === undefined) return
    record({ kind: 'policy.applied', found: 'live', subject: {}, detail: { document: kind, version, expires } })
  }

  return {
    tellApplied() {
      tell('policy')
      tell('register')
    },
    versions: () => ({ policy: held.policy?.version ?? 0, register: held.register?.version ?? 0 }),
    receiptKeys: () => held.policy?.keys.receipts ?? [],
    async take(kind, note) {
      const taken = kind === 'policy' ? takePolicy(held, note) : takeRegister(agent, held, note)
      if (taken.is === 'known') return true
      if (taken.is === 'refused') {
        conditions.raise(`document.refused.${kind}`, {
          severity: 'high',
          text: `A ${kind} that the collector sent was not taken: ${taken.reason}.`,
          todo: 'See who signs documents at the collector; publish a newer one.',
        })
        return false
      }
      await store(taken.held.enrolment)
      held = taken.held
      conditions.clear(`document.refused.${kind}`)
      tell(kind)
      apply()
      return true
    },
    watchEnds(trusted) {
      const past = standing?.expiredAt(trusted) ?? []
      for (const kind of ['policy', 'register'] as const)
        if (past.includes(kind))
          conditions.raise(`${kind}.expired`, {
            severity: 'moderate',
            text: `The ${kind} is past its end${kind === 'register' ? ': no approval counts' : '; its rules go on'}.`,
            todo: 'Let the agent reach its collector, and publish a newer one there.',
          })
        else conditions.clear(`${kind}.expired`)
    },
  }
}

function holdingOf(agent: string, enrolment: Enrolment): Held {
  const policy = openPolicy(enrolment.policy, [enrolment.officeKey])
  if (!policy.ok) return { enrolment, policy: undefined, register: undefined }
  const register = openRegister(enrolment.register, policy.document.keys.register, agent)
  return { enrolment, policy: policy.document, register: register.ok ? register.document : undefined }
}

type Taken = { is: 'newer'; held: Held } | { is: 'known' } | { is: 'refused'; reason: string }

function takePolicy({ enrolment, policy, register }: Held, note: string): Taken {
  const next = policy?.keys.nextOffice
  const keys = next === undefined ? [enrolment.officeKey] : [enrolment.officeKey, next]
  const opened = openPolicy(note, keys)
  if (!opened.ok) return { is: 'refused', reason: opened.reason }
  if (opened.document.version <= (policy?.version ?? 0)) return { is: 'known' }
  const officeKey = keys.find((key) => openPolicy(note, [key]).ok) ?? enrolment.officeKey
  return {
    is: 'newer',
    held: { enrolment: { ...enrolment, officeKey, policy: note }, policy: opened.document, register },
  }
}

function takeRegister(agent: string, { enrolment, policy, register }: Held, note: string): Taken {
  const opened = openRegister(note, policy?.keys.register ?? [], agent)
  if (!opened.ok) return { is: 'refused', reason: opened.reason }
  if (opened.document.version <= (register?.version ?? 0)) return { is: 'known' }
  return { is: 'newer', held: { enrolment: { ...enrolment, register: note }, policy, register: opened.document } }
}

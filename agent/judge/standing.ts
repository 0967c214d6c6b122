/** What the agent judges by: the newest policy and register that it has, made ready. */
import type { Known } from '#shared/policy/checks/check.ts'
import type { Policy, Register } from '#shared/policy/documents.ts'
import { evaluator, type Evaluator } from '#shared/policy/evaluate.ts'
import { parseTime } from '#shared/vocabulary/clock.ts'

export interface Standing {
  readonly evaluator: Evaluator
  /** What is known at that trusted time (ms since 1970). Past a register's end its approvals allow nothing more; all else
   *  goes on (CONTRACTS §5). */
  readonly knownAt: (trusted: number) => Known
  /** Which of the two is past its end at that trusted time. */
  readonly expiredAt: (trusted: number) => ('policy' | 'register')[]
}

export function standingBy(policy: Policy, register: Register): Standing {
  const ends = { policy: parseTime(policy.expires), register: parseTime(register.expires) }
  const withoutApprovals: Register = { ...register, approvals: [] }
  return {
    evaluator: evaluator(policy),
    knownAt: (trusted) => ({
      endpoint: register.endpoint,
      register: trusted < ends.register ? register : withoutApprovals,
      trusted,
    }),
    expiredAt: (trusted) => (['policy', 'register'] as const).filter((kind) => trusted >= ends[kind]),
  }
}

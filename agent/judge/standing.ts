/** What the agent judges by: the newest policy, register and list of media that it has, made ready. */
import type { Known } from '#shared/policy/checks/check.ts'
import type { MediaPart, Policy, Register } from '#shared/policy/documents.ts'
import { evaluator, type Evaluator } from '#shared/policy/evaluate.ts'
import { parseTime } from '#shared/vocabulary/clock.ts'
import type { DocumentKind } from '#shared/wire/messages.ts'

export interface Standing {
  readonly evaluator: Evaluator
  /** What is known at that trusted time (ms since 1970). Past a register's end its approvals allow nothing more; all else
   *  goes on. */
  readonly knownAt: (trusted: number) => Known
  /** Which sorts of document are past their end at that trusted time; the media list when any part of it is. */
  readonly expiredAt: (trusted: number) => DocumentKind[]
  /** When something may be judged otherwise than before: an approval begins or ends, or all of them do. Sorted. */
  readonly turns: readonly number[]
}

export function standingBy(policy: Policy, register: Register, parts: readonly MediaPart[]): Standing {
  const media = parts.flatMap((part) => part.media)
  const ends = {
    policy: parseTime(policy.expires),
    register: parseTime(register.expires),
    media: Math.min(...parts.map(({ expires }) => parseTime(expires))),
  }
  const withoutApprovals: Register = { ...register, approvals: [] }
  const { approvals } = register
  const turns = [
    ...approvals.flatMap(({ from, to }) => [parseTime(from), parseTime(to)]),
    ...(approvals.length > 0 ? [ends.register] : []),
  ].filter((turn) => !Number.isNaN(turn))
  return {
    evaluator: evaluator(policy),
    knownAt: (trusted) => ({
      endpoint: register.endpoint,
      register: trusted < ends.register ? register : withoutApprovals,
      media,
      trusted,
    }),
    expiredAt: (trusted) => (['policy', 'register', 'media'] as const).filter((kind) => trusted >= ends[kind]),
    turns: [...new Set(turns)].toSorted((a, b) => a - b),
  }
}

/** Rules → verdicts. Compiled once; then a pure function, so the agent, the console and an auditor get the same. */
import type { Observation, Verdict } from '#shared/event/event.ts'
import { bySeverity } from '#shared/vocabulary/levels.ts'
import type { Check, Known } from './checks/check.ts'
import { fileCopyUnapproved } from './checks/file-copy-unapproved.ts'
import { mediumLevel } from './checks/medium-level.ts'
import { mediumUnregistered } from './checks/medium-unregistered.ts'
import { networkCarrier } from './checks/network-carrier.ts'
import { networkForeign } from './checks/network-foreign.ts'
import type { Policy, Rule } from './documents.ts'

export const checks: readonly Check[] = [
  mediumUnregistered,
  mediumLevel,
  fileCopyUnapproved,
  networkForeign,
  networkCarrier,
]

/** What is wrong with a rule's check or its parameters, for people; undefined where nothing is. */
export function faultOfRule(rule: Rule): { field: string; message: string } | undefined {
  const check = checks.find(({ name }) => name === rule.check)
  if (check === undefined)
    return {
      field: '/check',
      message: `"${rule.check}" is no check; known: ${checks.map(({ name }) => name).join(', ')}`,
    }
  for (const [name, value] of Object.entries(rule.parameters ?? {})) {
    const known = check.parameters?.[name]
    if (known === undefined) return { field: `/parameters/${name}`, message: `${rule.check} has no such parameter` }
    if (!known.includes(value)) return { field: `/parameters/${name}`, message: `must be one of ${known.join(', ')}` }
  }
  return undefined
}

export interface Judged {
  /** Every rule broken, worst first; empty is *noted*. */
  readonly verdicts: Verdict[]
  /** Ids of the approvals without which a rule would have been broken, sorted. */
  readonly approvals: string[]
}

export interface Evaluator {
  readonly evaluate: (observation: Observation, known: Known) => Judged
  /** Rules that this version cannot judge: a condition that one can see, never “no match”. */
  readonly unknown: readonly string[]
}

const applies = ({ levels, networkKinds }: Rule, { endpoint }: Known): boolean =>
  levels.includes(endpoint.level) && (networkKinds === undefined || networkKinds.includes(endpoint.networkKind))

export function evaluator(policy: Policy): Evaluator {
  const usable = policy.rules.filter((rule) => faultOfRule(rule) === undefined)
  const byKind = new Map<string, { rule: Rule; check: Check }[]>()
  for (const rule of usable)
    for (const check of checks.filter(({ name }) => name === rule.check))
      for (const kind of check.judges) byKind.set(kind, [...(byKind.get(kind) ?? []), { rule, check }])
  return {
    evaluate(observation, known) {
      const outcomes = (byKind.get(observation.kind) ?? [])
        .filter(({ rule }) => applies(rule, known))
        .map(({ rule, check }) => ({ rule, outcome: check.judge(observation, known, rule.parameters ?? {}) }))
      const verdicts = outcomes
        .filter(({ outcome }) => outcome === 'broken')
        .map(({ rule: { id, severity, clause } }) => ({ rule: id, policyVersion: policy.version, severity, clause }))
        .toSorted((a, b) => bySeverity(a.severity, b.severity))
      const covering = outcomes.flatMap(({ outcome }) => (typeof outcome === 'object' ? outcome.covered : []))
      return { verdicts, approvals: [...new Set(covering)].toSorted() }
    },
    unknown: policy.rules.filter((rule) => !usable.includes(rule)).map(({ id }) => id),
  }
}

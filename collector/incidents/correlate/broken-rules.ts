/** Verdicts gathered over events: rule → how often, and how bad. Adding commutes, so that the order of arrival is nothing. */
import type { Verdict } from '#shared/event/event.ts'
import { bySeverity } from '#shared/vocabulary/levels.ts'
import type { BrokenRule } from './incident.ts'

/** By rule and severity, for a rule may change its severity with the policy. */
export type RuleCounts = Record<string, BrokenRule>

/** As many as one event may name; an office has as many rules in all. 64 × 250 bytes = 16 KB an incident. Of more the
 *  least bad go, whose events still tell of them. Commutes: what is among the worst at the end was so all the time. */
const MAX_RULES = 64

export function addVerdicts(counts: RuleCounts, verdicts: readonly Verdict[]): RuleCounts {
  if (verdicts.length === 0) return counts
  const added = { ...counts }
  for (const { rule, clause, severity } of verdicts) {
    const key = `${rule} ${severity} ${clause}`
    added[key] = { rule, clause, severity, count: (added[key]?.count ?? 0) + 1 }
  }
  return Object.keys(added).length <= MAX_RULES ? added : Object.fromEntries(sorted(added).slice(0, MAX_RULES))
}

const sorted = (counts: RuleCounts): [string, BrokenRule][] =>
  Object.entries(counts).toSorted(
    ([a, { severity: ofA }], [b, { severity: ofB }]) => bySeverity(ofA, ofB) || (a < b ? -1 : 1),
  )

export const worstFirst = (counts: RuleCounts): BrokenRule[] => sorted(counts).map(([, broken]) => broken)

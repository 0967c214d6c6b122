import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addVerdicts, worstFirst, type RuleCounts } from '#collector/incidents/correlate/broken-rules.ts'
import { severities } from '#shared/vocabulary/levels.ts'

const verdict = fc.record({
  rule: fc.integer({ min: 0, max: 90 }).map((number) => `rule-${number}`),
  severity: fc.constantFrom(...severities),
  clause: fc.constantFrom('a', 'b'),
  policyVersion: fc.constant(1),
})
const gathered = (events: readonly Parameters<typeof addVerdicts>[1][]): RuleCounts =>
  events.reduce<RuleCounts>((counts, verdicts) => addVerdicts(counts, verdicts), {})

test('however many rules events name, the 64 worst are counted, in whatever order they came', () =>
  fc.assert(
    fc.property(fc.array(fc.array(verdict, { maxLength: 64 }), { maxLength: 12 }), (events) => {
      const counts = gathered(events)
      expect(worstFirst(counts)).toEqual(worstFirst(gathered(events.toReversed())))
      const wanted = new Map<string, number>()
      for (const { rule, severity, clause } of events.flat()) {
        const key = `${severities.indexOf(severity)} ${rule} ${severity} ${clause}`
        wanted.set(key, (wanted.get(key) ?? 0) + 1)
      }
      const worst = [...wanted].toSorted(([a], [b]) => (a < b ? -1 : 1)).slice(0, 64)
      expect(worstFirst(counts).map(({ count }) => count)).toEqual(worst.map(([, count]) => count))
    }),
  ))

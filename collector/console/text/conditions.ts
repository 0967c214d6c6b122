/** What is not well, in the reader's language, by code; what a newer agent says stays in its own words. */
import { agentConditions } from '#shared/vocabulary/conditions/agent.ts'
import { collectorConditions } from '#shared/vocabulary/conditions/collector.ts'
import type { ConditionKind, InBoth } from '#shared/vocabulary/conditions/condition.ts'
import { coverageWords } from '#shared/vocabulary/conditions/coverage.ts'

interface ConditionText {
  readonly what: string
  readonly todo: string
}

const known = new Map<string, Pick<ConditionKind<never>, 'title' | 'todo'>>(
  Object.entries({ ...agentConditions, ...collectorConditions }),
)

/** Undefined where the code is not known: then its own words stand. `text` is what came with it: a sensor's says why. */
export function conditionText(code: string, text = '', language: keyof InBoth = 'zh'): ConditionText | undefined {
  const kind = known.get(code)
  if (kind === undefined) return undefined
  const why = code.startsWith('coverage.') ? coverageWords(text)?.[language] : undefined
  const stop = language === 'zh' ? '：' : ': '
  return {
    what: why === undefined ? kind.title[language] : `${kind.title[language]}${stop}${why}`,
    todo: kind.todo[language],
  }
}

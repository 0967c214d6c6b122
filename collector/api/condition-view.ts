/** What is not well, as an agent or the collector says it → what the API shows of it, in both languages. */
import { agentConditions } from '#shared/vocabulary/conditions/agent.ts'
import { collectorConditions } from '#shared/vocabulary/conditions/collector.ts'
import type { ConditionKind } from '#shared/vocabulary/conditions/condition.ts'
import type { Condition } from '#shared/wire/messages.ts'
import type { ConditionView } from './shapes/endpoint.ts'

const known = new Map<string, Pick<ConditionKind<never>, 'title' | 'todo'>>(
  Object.entries({ ...agentConditions, ...collectorConditions }),
)

/** Where an agent said no Chinese: the words of the list, by its code. */
function inChinese(code: string): NonNullable<Condition['zh']> {
  const kind = known.get(code)
  return kind === undefined
    ? { text: `未列入说明的状况（代码 ${code}）`, todo: '请联系系统管理员' }
    : { text: kind.title.zh, todo: kind.todo.zh }
}

export const conditionView = (condition: Condition): ConditionView => ({
  ...condition,
  zh: condition.zh ?? inChinese(condition.code),
})

/** What is not well with the collector, by code; the log and `/metrics` are views of it. */
import { timeNow, type Clock } from '#shared/vocabulary/clock.ts'
import type { Condition } from '#shared/wire/messages.ts'
import type { Log } from '#base/log.ts'

export interface Conditions {
  /** Sets it, keeping its `since` where it is raised already. */
  readonly raise: (condition: Omit<Condition, 'since'>) => void
  readonly clear: (code: string) => void
  readonly all: () => readonly Condition[]
  /** For `/metrics`. */
  readonly lines: () => string[]
}

export function openConditions(clock: Clock, log: Log): Conditions {
  const raised = new Map<string, Condition>() // codes are constants of the code: a handful
  return {
    raise(condition) {
      const before = raised.get(condition.code)
      raised.set(condition.code, { ...condition, since: before?.since ?? timeNow(clock) })
      if (before?.text !== condition.text) log.error('Not well', { code: condition.code, text: condition.text })
    },
    clear(code) {
      if (raised.delete(code)) log.info('Well again', { code })
    },
    all: () => [...raised.values()],
    lines: () => [
      '# HELP shoumi_condition What is not well.',
      '# TYPE shoumi_condition gauge',
      ...[...raised.values()].map(({ code, severity }) => `shoumi_condition{code="${code}",severity="${severity}"} 1`),
    ],
  }
}

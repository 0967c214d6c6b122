/** What is not well with the collector; the log and `/metrics` are views of it. What can be raised is declared in one list. */
import { metricLines } from '#collector/metric-list.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { collectorConditions, type CollectorArgs } from '#shared/vocabulary/conditions/collector.ts'
import { openRaised, type Said } from '#shared/vocabulary/conditions/raised.ts'
import type { Log } from '#base/log.ts'

export interface Conditions {
  /** Sets it, keeping its `since` where it is raised already. */
  readonly raise: <Code extends keyof CollectorArgs>(code: Code, args: CollectorArgs[Code]) => void
  readonly clear: (code: keyof CollectorArgs) => void
  /** Worst first. */
  readonly all: () => readonly Said<keyof CollectorArgs>[]
  /** For `/metrics`. */
  readonly lines: () => string[]
}

export function openConditions(clock: Clock, log: Log): Conditions {
  const raised = openRaised<CollectorArgs>(collectorConditions, clock)
  return {
    raise(code, args) {
      const { condition, isNew } = raised.raise(code, args)
      if (isNew) log.error('Not well', { code, text: condition.text })
    },
    clear(code) {
      if (raised.clear(code)) log.info('Well again', { code })
    },
    all: raised.shown,
    lines: () =>
      metricLines(
        'shoumi_condition',
        raised.shown().map(({ code, severity }) => [code, severity, 1]),
      ),
  }
}

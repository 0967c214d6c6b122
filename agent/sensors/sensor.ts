/** A sensor watches one thing and pushes facts. It knows neither policy, network nor disk. */
import type { CoverageCode, SensorName, UnseenCode } from '#shared/vocabulary/conditions/coverage.ts'
import type { Observation } from '#shared/event/event.ts'
import type { Between } from '#shared/event/kinds.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'

/** How well a sensor sees. Each change is journalled as `agent.coverage`: not seeing is a fact too. */
export type Coverage =
  | { state: 'watching'; code?: UnseenCode; text?: string }
  | { state: 'degraded' | 'unavailable'; code: CoverageCode; text: string }

/** An observation before its stamps, which are taken when it is handed over: hand it over at once. */
export type Fact = Observation extends infer O ? (O extends Observation ? Omit<O, 'at' | 'mono'> : never) : never

export interface SensorContext {
  /** Hands over one fact. Never blocks or throws; false: wait for `drained()` if your source can wait. */
  observe: (fact: Fact) => boolean
  drained: () => Promise<void>
  cover: (coverage: Coverage) => void
  /** A reading of the monotonic clock of this boot, as the span of an end carries it. */
  momentAt: (mono: number) => Between['after']
  /** Registers what tells once more all that is present (`found: present`): called when what it is judged by changes, and
   *  when there is room again after facts of this sensor were not taken.
   *  The last one registered counts. A sensor with nothing to judge anew registers none. */
  onJudgeAnew: (tellPresent: () => void) => void
  clock: Clock
}

export interface Sensor {
  name: SensorName
  /** Watches until `signal` aborts, then frees all it holds and resolves. Rejects if it cannot go on. */
  run: (context: SensorContext, signal: AbortSignal) => Promise<void>
}

/** A sensor that runs, with all that it said so far. */
import type { Coverage, Fact, Sensor } from '#agent/sensors/sensor.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { eventually } from './eventually.ts'

export interface RunningSensor extends AsyncDisposable {
  readonly facts: readonly (Fact & { mono: number })[]
  readonly coverage: readonly Coverage[]
  /** Waits for a state, with a limit. */
  until: (holds: (facts: readonly Fact[]) => boolean, withinMs?: number) => Promise<void>
  /** Stops it; resolves when it has let go of everything. */
  stop: () => Promise<void>
}

/** After `takes` facts there is no room until `drained` resolves. */
export interface Room {
  takes: number
  drained: Promise<void>
}

export function runSensor(sensor: Sensor, room?: Room): RunningSensor {
  const facts: (Fact & { mono: number })[] = []
  const coverage: Coverage[] = []
  const stop = new AbortController()
  const running = sensor.run(
    {
      observe: (fact) => facts.push({ ...fact, mono: systemClock.monotonic() }) !== room?.takes,
      drained: () => room?.drained ?? Promise.resolve(),
      momentAt: (mono) => ({ mono, boot: '00000000-0000-4000-8000-000000000000' }),
      cover: (now) => void coverage.push(now),
      onJudgeAnew: () => undefined,
      clock: systemClock,
    },
    stop.signal,
  )
  running.catch(() => undefined) // told by stop()
  const end = async (): Promise<void> => {
    stop.abort()
    await running
  }
  return {
    facts,
    coverage,
    until: (holds, withinMs) =>
      eventually(
        () => {
          if (!holds(facts)) throw new Error(`not so: ${facts.slice(-20).map(brief).join('; ')}`)
        },
        { ...(withinMs !== undefined && { timeout: withinMs }), interval: 10 },
      ),
    stop: end,
    [Symbol.asyncDispose]: end,
  }
}

const brief = (fact: Fact): string =>
  `${fact.kind} ${fact.subject.file?.path ?? ''} ${fact.subject.file?.sizeBytes ?? ''} ${JSON.stringify(fact.detail)}`

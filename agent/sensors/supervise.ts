/** A sensor's failure is its own: it is started again, and the time it saw nothing is on record. */
import { backOffMs } from '#agent/back-off.ts'
import type { Sensor, SensorContext } from './sensor.ts'

/** A life so long makes the failures before it forgotten. */
const STABLE_MS = 60_000

/** Runs the sensor until `signal` aborts, again and again; each life with a context that is revoked when it ends, so that
 *  a late callback cannot speak for the next. Never rejects. `random` gives from 0
 *  up to 1. */
export async function supervise(
  sensor: Sensor,
  context: SensorContext,
  signal: AbortSignal,
  random: () => number = Math.random,
): Promise<void> {
  for (let failures = 1; !signal.aborted; failures++) {
    const life = lifeOf(context)
    const startedAt = context.clock.monotonic()
    const failure = await live(sensor, life.context, signal)
    life.end()
    if (signal.aborted) return
    if (context.clock.monotonic() - startedAt > STABLE_MS) failures = 1
    context.cover({ state: 'unavailable', code: 'sensor.failed', text: failure.slice(0, 2048) })
    await context.clock.sleep(backOffMs(failures, random()), signal)
  }
}

async function live(sensor: Sensor, context: SensorContext, signal: AbortSignal): Promise<string> {
  try {
    await sensor.run(context, signal)
    return 'It stopped unasked.'
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}

function lifeOf(context: SensorContext): { context: SensorContext; end: () => void } {
  let alive = true
  const guarded: SensorContext = {
    ...context,
    observe: (fact) => alive && context.observe(fact),
    cover: (coverage) => (alive ? context.cover(coverage) : undefined),
    onJudgeAnew: (tellPresent) => context.onJudgeAnew(() => (alive ? tellPresent() : undefined)),
  }
  return { context: guarded, end: () => void (alive = false) }
}

/** What is present is judged anew when an approval begins or ends, not only at the next event. */
import type { TrustedTime } from '#agent/uplink/trusted-time.ts'
import { makeAlarm } from '#base/alarm.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'

export interface Turns {
  /** From now on these moments of trusted time count (ms since 1970, sorted); what is present has just been judged. */
  readonly watch: (turns: readonly number[]) => void
}

/** A timer is set no further ahead: a machine that slept, or another receipt, moves trusted time against it. */
const LOOK_MS = 60_000

/** Calls back whenever trusted time has passed such a moment, in whichever direction, until `signal` aborts. */
export function watchTurns(
  { trusted, clock, signal }: { trusted: TrustedTime; clock: Clock; signal: AbortSignal },
  judgeAnew: () => void,
): Turns {
  const now = (): number => trusted.at(clock.monotonic()).ms
  let turns: readonly number[] = []
  let judgedAt = now()

  const look = (): void => {
    if (signal.aborted) return
    const [before, after] = [judgedAt, now()]
    judgedAt = after
    const [low, high] = [Math.min(before, after), Math.max(before, after)]
    if (turns.some((turn) => low < turn && turn <= high)) judgeAnew()
    arm(after)
  }
  const arm = (at: number): void => {
    if (turns.length === 0 || signal.aborted) return alarm.stop()
    const next = turns.find((turn) => turn > at) ?? Infinity
    alarm.set(Math.min(next - at, LOOK_MS))
  }
  const alarm = makeAlarm(clock.sleep, look)
  trusted.onMoved(look)
  signal.addEventListener('abort', alarm.stop)
  return {
    watch(next) {
      turns = next
      judgedAt = now()
      arm(judgedAt)
    },
  }
}

import type { Clock } from '#shared/vocabulary/clock.ts'

/** Does the work at once, and then once more after a rest for all who asked meanwhile; not after `signal` aborts. */
export function restingBetween(
  restMs: number,
  { clock, signal }: { clock: Pick<Clock, 'sleep'>; signal: AbortSignal },
  work: () => void,
): () => void {
  let resting = false
  let wanted = false
  const run = (): void => {
    if (resting) {
      wanted = true
      return
    }
    resting = true
    wanted = false
    work()
    void rest()
  }
  const rest = async (): Promise<void> => {
    await clock.sleep(restMs, signal)
    resting = false
    if (wanted && !signal.aborted) run()
  }
  return run
}

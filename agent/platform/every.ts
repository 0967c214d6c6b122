import type { Clock } from '#shared/vocabulary/clock.ts'

/** Does `act` every `intervalMs` of monotonic time, the first time after one, until `signal` aborts. Rejects with what
 *  `act` throws. */
export async function every(
  intervalMs: number,
  clock: Clock,
  signal: AbortSignal,
  act: () => void | Promise<void>,
): Promise<void> {
  for (;;) {
    await clock.sleep(intervalMs, signal)
    if (signal.aborted) return
    await act()
  }
}

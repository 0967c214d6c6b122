/** One wake-up for all who ask for it meanwhile. Rings are not counted, and none is missed. */
import { aborted } from './abort.ts'

export interface Bell {
  readonly ring: () => void
  /** For the one who waits. Resolves once it has rung since the last time this resolved, or its signal has aborted; where
   *  `rest` is given also when that ends, whose own signal aborts when the bell rings. */
  readonly rung: (rest?: (signal: AbortSignal) => Promise<void>) => Promise<void>
}

/** From the time that `signal` aborts on it always rings. */
export function makeBell(signal: AbortSignal): Bell {
  let next = new AbortController()
  const ring = (): void => next.abort()
  signal.addEventListener('abort', ring, { once: true })
  if (signal.aborted) ring()
  return {
    ring,
    async rung(rest = aborted) {
      await rest(next.signal)
      if (!signal.aborted) next = new AbortController()
    },
  }
}

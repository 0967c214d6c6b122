/** A stream to one client that may be slow or gone: writing says whether it was taken. */
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import type { Clock } from '#shared/vocabulary/clock.ts'

/** A client that takes nothing for so long is not coming back to it. */
const DRAIN_MS = 30_000

export interface Outlet {
  /** Aborts when the client has left. */
  readonly gone: AbortSignal
  /** False: the client did not take it in time. Waits while the socket is full, so one writes one thing after another. */
  readonly write: (text: string) => Promise<boolean>
}

export function outlet(out: Writable, clock: Clock): Outlet {
  const left = new AbortController()
  out.once('close', () => left.abort())
  out.once('error', () => left.abort())
  return {
    gone: left.signal,
    async write(text) {
      if (left.signal.aborted || out.write(text)) return true
      const settled = new AbortController()
      const either = AbortSignal.any([settled.signal, left.signal])
      const drained = once(out, 'drain', { signal: either }).then(
        () => true,
        () => left.signal.aborted, // gone is not slow
      )
      const late = clock.sleep(DRAIN_MS, either).then(() => left.signal.aborted)
      const taken = await Promise.race([drained, late])
      settled.abort()
      return taken
    },
  }
}

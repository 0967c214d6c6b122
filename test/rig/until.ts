import { setTimeout as pause } from 'node:timers/promises'

/**
 * Looks again and again until `probe` gives something, and returns it. `state` finishes the sentence "waited for …", so
 * that a run that fails says what never came true. A probe that throws counts as "not yet": its last word is told.
 */
export async function until<Found>(
  state: string,
  withinMs: number,
  probe: () => Promise<Found | undefined | false> | Found | undefined | false,
): Promise<Found> {
  const deadline = performance.now() + withinMs
  for (let last: unknown = 'nothing'; ;) {
    try {
      const found = await probe()
      if (found !== undefined && found !== false) return found
    } catch (error) {
      last = error
    }
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${state}`, { cause: last })
    await pause(50)
  }
}

/** The promise, or an error that names the state it stood for once the limit is over. */
export async function within<Value>(withinMs: number, state: string, promise: Promise<Value>): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`waited ${withinMs} ms in vain for ${state}`)), withinMs)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

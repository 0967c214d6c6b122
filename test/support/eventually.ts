import { vi } from 'vitest'

/** However busy the machine is, what is to come has come by then. */
const PATIENCE_MS = 60_000

/** Waits until what is asked for holds; in the end it says what does not. `interval`: ms between two times that it asks. */
export const eventually = <T>(
  check: () => T | Promise<T>,
  over: { timeout?: number; interval?: number } = {},
): Promise<T> => vi.waitFor(check, { timeout: PATIENCE_MS, interval: 20, ...over })

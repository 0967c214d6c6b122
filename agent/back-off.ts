/** How long to wait before the next attempt. */

const LEAST_MS = 500
const MOST_MS = 60_000

/** Full jitter between 0.5 s and a ceiling that doubles with each failure up to 60 s, so that a hundred agents do not
 *  come back at once. `chance`: from 0 up to 1. */
export function backOffMs(failures: number, chance: number): number {
  const ceiling = Math.min(MOST_MS, LEAST_MS * 2 ** Math.min(failures, 16))
  return Math.round(LEAST_MS + chance * (ceiling - LEAST_MS))
}

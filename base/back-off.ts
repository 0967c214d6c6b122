/** How long to wait before the next attempt. */

/** `failures`: in a row, from 1. `chance`: from 0 up to 1. */
export type BackOff = (failures: number, chance: number) => number

/** Full jitter between `leastMs` and a ceiling that doubles with each failure up to `mostMs`, so that a hundred agents do
 *  not come back at once. */
export const backOff =
  (leastMs: number, mostMs: number): BackOff =>
  (failures, chance) => {
    const ceiling = Math.min(mostMs, leastMs * 2 ** Math.min(failures, 16))
    return Math.round(leastMs + chance * (ceiling - leastMs))
  }

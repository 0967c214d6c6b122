import { backOff } from '#base/back-off.ts'

const LEAST_MS = 500
const MOST_MS = 60_000

/** Of everything that an agent tries again. */
export const backOffMs = backOff(LEAST_MS, MOST_MS)

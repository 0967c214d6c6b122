/** Times that are compared with times of the same run: a busy machine makes both longer. */

/** How long each of these took, one after the other, in ms. */
export async function timed(times: number, run: (nth: number) => Promise<unknown>): Promise<number[]> {
  const took: number[] = []
  for (let nth = 0; nth < times; nth++) {
    const from = performance.now()
    await run(nth)
    took.push(performance.now() - from)
  }
  return took
}

/** The value that nine of ten are not above. */
export const most = (took: readonly number[]): number =>
  took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.9)] ?? Number.NaN

/** What is as fast as it was: thrice as slow is chance, on a machine that has other work; a wait for a lock is not. */
export const likeBefore = (before: readonly number[]): number => 3 * most(before) + 100

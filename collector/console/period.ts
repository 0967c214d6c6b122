/** Days of the reader → moments. The address bar has days, as the calendar of the page shows them. */

interface Days {
  readonly from?: string
  /** It is in, to its end. */
  readonly to?: string
}
/** Where a day begins, or the day so many days later; undefined where it is none. */
function beginningOf(day: string | undefined, later = 0): string | undefined {
  const [, year, month, date] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day ?? '') ?? []
  if (year === undefined) return undefined
  return String(new Date(Number(year), Number(month) - 1, Number(date) + later).getTime())
}

/** ms since 1970, as a query has them: from that moment on, and before that one. What is no day bounds nothing. Both keys are there, so that they take the place of the days. */
export const periodOf = ({ from, to }: Days): { from: string | undefined; to: string | undefined } => ({
  from: beginningOf(from),
  to: beginningOf(to, 1),
})

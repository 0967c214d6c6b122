/** A row of the outbox: what news, attempts and their ends make of it. Pure. Times are ms since 1970. */

const FIRST_PAUSE_MS = 15_000
export const LONGEST_PAUSE_MS = 10 * 60_000

/** How long a mailbox hears nothing more about one incident after the `sent`th mail about it, unless that gets worse. */
export const pauseMs = (sent: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(Math.max(sent, 1) - 1, 16))

/** A row of the outbox, as far as news change it. Severities are 0 critical … 3 low. */
export interface AlertStanding {
  readonly state: 'waiting' | 'delivered' | 'refused' | 'dismissed'
  /** Not told yet, in their order. */
  readonly news: readonly string[]
  /** The beginning of `news` that a mail under way tells. */
  readonly telling: readonly string[] | undefined
  readonly severity: number
  readonly createdAt: number
  readonly dueAt: number
  readonly nextAt: number
  readonly sent: number
  /** What the last mail named, and the one under way. */
  readonly sentSeverity: number | undefined
  readonly attempts: number
  readonly deliveredAt: number | undefined
}

const nothing: AlertStanding = {
  state: 'delivered',
  news: [],
  telling: undefined,
  severity: 3,
  createdAt: 0,
  dueAt: 0,
  nextAt: 0,
  sent: 0,
  sentSeverity: undefined,
  attempts: 0,
  deliveredAt: undefined,
}

/** The row with the news in it; undefined: there is none, and none is needed. */
export function withNews(
  row: AlertStanding | undefined,
  news: readonly string[],
  { severity, now }: { severity: number; now: number },
): AlertStanding | undefined {
  if (news.includes('withdrawn')) return row && withdrawn(row, { severity, now })
  const { state, dueAt, nextAt } = row ?? nothing
  const all = together(row ?? nothing, news)
  if (state === 'waiting') {
    const worse = severity < (row?.severity ?? 3) && isWorse(row ?? nothing, severity)
    return { ...(row ?? nothing), news: all, severity, ...(worse ? { nextAt: 0, dueAt: now } : { nextAt, dueAt }) }
  }
  return { ...waitingAgain(row ?? nothing, severity, now), news: all }
}

/** Is it worse than the last mail said? */
const isWorse = ({ sentSeverity }: AlertStanding, severity: number): boolean =>
  sentSeverity === undefined || severity < sentSeverity

/** What rested comes to wait: after its pause, or at once where it got worse. */
function waitingAgain(row: AlertStanding, severity: number, now: number): AlertStanding {
  const since = row.state === 'refused' ? now : (row.deliveredAt ?? 0)
  const tried = row.state === 'refused' ? row.attempts : row.sent
  // A clock that was set back since prolongs no pause.
  const until = tried === 0 ? 0 : Math.min(since, now) + pauseMs(tried)
  const worse = row.state === 'refused' ? severity < row.severity : isWorse(row, severity)
  const atOnce = until <= now || worse
  return {
    ...row,
    state: 'waiting',
    severity,
    createdAt: row.state === 'refused' ? row.createdAt : now,
    dueAt: atOnce ? now : until,
    nextAt: atOnce ? 0 : until,
    attempts: row.state === 'refused' ? row.attempts : 0,
  }
}

/** Each once, after what a mail under way tells already. */
function together({ news, telling = [] }: Pick<AlertStanding, 'news' | 'telling'>, more: readonly string[]): string[] {
  const untold = news.slice(telling.length)
  return [...news, ...new Set(more.filter((reason) => !untold.includes(reason)))]
}

/** Whoever had a mail of it hears that it was withdrawn; whoever had none hears nothing at all. */
function withdrawn(row: AlertStanding, { severity, now }: { severity: number; now: number }): AlertStanding {
  // A mail under way, or one whose end nobody saw, may have been read.
  if (row.sent === 0 && row.telling === undefined) return { ...row, state: 'dismissed', news: [] }
  const told = { ...row, news: [...(row.telling ?? []), 'withdrawn'] }
  return row.state === 'waiting' ? told : { ...waitingAgain(row, severity, now), news: told.news }
}

/** An attempt begins: it tells what there is, or once more what the one before told whose end nobody saw. Comes again at
 *  `nextAt` if we die in it. */
export const begun = (row: AlertStanding, nextAt: number): AlertStanding => ({
  ...row,
  telling: row.telling ?? row.news,
  sentSeverity: row.severity,
  attempts: row.attempts + 1,
  nextAt,
})

/** The mail is out: what came meanwhile waits for the next one. */
export function delivered(row: AlertStanding, now: number): AlertStanding {
  const rest = row.news.slice(row.telling?.length ?? 0)
  const { state, sent } = row
  const over: AlertStanding = {
    ...row,
    state: state === 'dismissed' ? 'dismissed' : 'delivered',
    news: [],
    telling: undefined,
    sent: sent + 1,
    attempts: 0,
    deliveredAt: now,
  }
  return rest.length === 0 || state === 'dismissed' ? over : { ...waitingAgain(over, row.severity, now), news: rest }
}

/** It did not go out, or nobody saw whether it did: then the next one is the same mail again. */
export const failed = (row: AlertStanding, { nextAt, unseen }: { nextAt: number; unseen: boolean }): AlertStanding => ({
  ...row,
  ...(unseen ? {} : { telling: undefined }),
  nextAt,
})

/** The server will not take it, now or later. */
export const refused = (row: AlertStanding): AlertStanding =>
  row.state === 'dismissed' ? { ...row, telling: undefined } : { ...row, state: 'refused', telling: undefined }

/** Somebody asked for it: it is as if it had just become due. */
export const sentAgain = (row: AlertStanding, now: number): AlertStanding => ({
  ...row,
  state: 'waiting',
  telling: undefined,
  dueAt: now,
  nextAt: 0,
  attempts: 0,
})

/** Somebody decided that nobody need hear of what waits. */
export const dismissed = (row: AlertStanding): AlertStanding => ({
  ...row,
  state: 'dismissed',
  news: [],
  telling: undefined,
})

/** The daily mail: that all is well, or what is not. Its absence shows a dead collector, so it goes out before anything
 *  else, one that was missed is caught up, and none goes out twice. */
import { dateOf, parseTime, type Clock } from '#shared/vocabulary/clock.ts'
import type { CollectorArgs } from '#shared/vocabulary/conditions/collector.ts'
import type { Severity } from '#shared/vocabulary/levels.ts'
import { refusedCounts, waitingCounts } from '#collector/store/alert-views.ts'
import { openIncidents, unseenEndpoints, type UnseenEndpoint } from '#collector/store/daily.ts'
import { beginAttempt, endAttempt, setMailbox } from '#collector/store/mailboxes.ts'
import { countQuarantined } from '#collector/store/quarantine.ts'
import { countRefusalsSince } from '#collector/store/refusals.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Errand } from './attempt.ts'
import { mailId } from './letter.ts'
import { LONGEST_PAUSE_MS } from './standing.ts'

/** What is not well, as the collector's conditions say it. */
export interface NotWell {
  readonly code: keyof CollectorArgs
  readonly severity: Severity
  readonly text: string
  readonly zh: { readonly text: string }
}

export interface DailyReport {
  /** `2026-01-02`. */
  readonly date: string
  readonly conditions: readonly NotWell[]
  readonly open: readonly { readonly severity: Severity; readonly count: number }[]
  readonly unseen: { readonly count: number; readonly first: readonly UnseenEndpoint[] }
  readonly waiting: number
  readonly refused: number
  readonly quarantined: number
  readonly refusals: number
}

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
/** Endpoints that a daily mail names; the rest is counted. */
const MAX_UNSEEN = 20
/** Alerts that could have gone out for longer than this are late. */
const LATE_MS = 5 * MINUTE_MS

/** Does that which could have gone out since then wait too long? So does what came to be due further ahead than anything is
 *  put off: that was written before the clock was set back. */
export const isLate = (since: number, now: number): boolean => since < now - LATE_MS || since > now + LONGEST_PAUSE_MS

const isoDate = (ms: number): string => dateOf(ms).toISOString().slice(0, 10)

/** The local date of the newest daily mail that should have gone out by now; `at`: `08:00`. */
export function newestDaily(clock: Pick<Clock, 'wall' | 'offset'>, at: string): string {
  const local = clock.wall() + clock.offset(clock.wall()) * MINUTE_MS
  const [hours = 0, minutes = 0] = at.split(':').map(Number)
  return isoDate(local - (hours * 60 + minutes) * MINUTE_MS)
}

/** Is the mail of that date still to go, where the one of `last` went? A `last` that lies more than a day ahead was written
 *  before the clock was set back. */
export const isDailyDue = (date: string, last: string | null): boolean =>
  last !== null && (date > last || dayAfter(date) < last)

const dayAfter = (date: string): string => isoDate(parseTime(`${date}T00:00:00Z`) + DAY_MS)

export const isAllWell = ({
  conditions,
  open,
  unseen,
  waiting,
  refused,
  quarantined,
  refusals,
}: DailyReport): boolean =>
  conditions.length + unseen.count + waiting + refused + quarantined + refusals === 0 &&
  open.every(({ count }) => count === 0)

async function dailyReport(
  tx: Tx,
  { date, conditions, now }: { date: string; conditions: readonly NotWell[]; now: number },
): Promise<DailyReport> {
  const late = (await waitingCounts(tx)).filter(({ oldestAt }) => isLate(oldestAt, now))
  return {
    date,
    conditions,
    open: await openIncidents(tx),
    unseen: await unseenEndpoints(tx, { since: now - DAY_MS, limit: MAX_UNSEEN }),
    waiting: late.reduce((all, { waiting }) => all + waiting, 0),
    refused: (await refusedCounts(tx)).reduce((all, { refused }) => all + refused, 0),
    quarantined: await countQuarantined(tx),
    refusals: await countRefusalsSince(tx, now - DAY_MS),
  }
}

export const dailyMail = (mailbox: string, date: string, conditions: () => readonly NotWell[]): Errand => ({
  begin: async (store, { now, mailboxAgain }) => {
    const report = await store.read((tx) => dailyReport(tx, { date, conditions: conditions(), now }))
    await store.write((tx) => beginAttempt(tx, mailbox, mailboxAgain))
    return { about: 'daily', id: mailId(`daily.${date}`, mailbox), report }
  },
  end: (store, ending) =>
    store.write(async (tx) => {
      const { outcome } = ending.delivery
      if (outcome === 'delivered' || outcome === 'refused') await setMailbox(tx, mailbox, { daily_for: date })
      await endAttempt(tx, mailbox, ending)
    }),
})

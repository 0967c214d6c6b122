/** Alerts that wait, were refused or cannot be sent: conditions, and figures that name nobody. */
import { metricLines } from '#collector/metric-list.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Conditions } from '#collector/conditions.ts'
import { refusedCounts, waitingCounts, type WaitingCount } from '#collector/store/alert-views.ts'
import { allMailboxes, type MailboxRow } from '#collector/store/mailboxes.ts'
import type { Delivery } from './channels/channel.ts'
import { isLate } from './daily.ts'
import type { Keeping } from './attempt.ts'
import { NO_MAIL } from './routes.ts'

export type HealthConditions = Pick<Conditions, 'raise' | 'clear' | 'all'>

export interface AlertHealth {
  readonly count: (delivery: Delivery) => void
  /** Looks at the store, at most once in `LOOK_MS`. Rejects where it cannot. */
  readonly look: () => Promise<void>
  readonly lines: () => string[]
}

/** So many attempts in a row: it is the mailbox or the server, not one mail. */
const MANY_FAILURES = 3
const LOOK_MS = 10_000
/** Mailboxes that a condition names. */
const MAX_NAMED = 5

const outcomes = ['delivered', 'refused', 'retry', 'unseen'] as const

interface Seen {
  readonly waiting: readonly WaitingCount[]
  readonly refused: readonly { mailbox: string; refused: number }[]
  readonly mailboxes: readonly MailboxRow[]
}

export function openAlertHealth({
  store,
  clock,
  conditions,
  mailboxes: configured,
}: {
  store: Keeping
  clock: Clock
  conditions: HealthConditions
  mailboxes: readonly string[]
}): AlertHealth {
  const counts = new Map(outcomes.map((outcome) => [outcome, 0]))
  let seen: Seen = { waiting: [], refused: [], mailboxes: [] }
  let lookedAt = -Infinity
  return {
    count: ({ outcome }) => counts.set(outcome, (counts.get(outcome) ?? 0) + 1),
    async look() {
      if (clock.monotonic() - lookedAt < LOOK_MS) return
      lookedAt = clock.monotonic()
      seen = await store.read(async (tx) => ({
        waiting: await waitingCounts(tx),
        refused: await refusedCounts(tx),
        mailboxes: (await allMailboxes(tx)).filter(({ mailbox }) => configured.includes(mailbox)),
      }))
      tell(conditions, seen, clock.wall())
    },
    lines: () => linesOf(seen, counts, clock.wall()),
  }
}

/** Without counts: a text that changes is a line in the log each time. */
function tell(conditions: HealthConditions, { waiting, refused, mailboxes }: Seen, now: number): void {
  const late = waiting.filter(({ oldestAt }) => isLate(oldestAt, now)).map(({ mailbox }) => mailbox)
  if (late.length === 0) conditions.clear('alerts.waiting')
  else conditions.raise('alerts.waiting', { mailboxes: late.includes(NO_MAIL) ? undefined : named(late) })

  const refusing = refused.map(({ mailbox }) => mailbox)
  if (refusing.length === 0) conditions.clear('alerts.refused')
  else conditions.raise('alerts.refused', { mailboxes: named(refusing) })

  const failing = mailboxes.filter(({ failures }) => failures >= MANY_FAILURES)
  const [error = ''] = failing.flatMap(({ last_error: last }) => (last === null ? [] : [last]))
  if (failing.length === 0) conditions.clear('alerts.not-sent')
  else conditions.raise('alerts.not-sent', { mailboxes: named(failing.map(({ mailbox }) => mailbox)), error })
}

const named = (mailboxes: readonly string[]): { names: readonly string[]; more: number } => ({
  names: mailboxes.toSorted().slice(0, MAX_NAMED),
  more: Math.max(0, mailboxes.length - MAX_NAMED),
})

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)

function linesOf({ waiting, refused, mailboxes }: Seen, counts: ReadonlyMap<string, number>, now: number): string[] {
  const oldest = Math.min(now, ...waiting.map(({ oldestAt }) => oldestAt))
  return [
    ...metricLines('shoumi_alerts', [
      ['waiting', sum(waiting.map((each) => each.waiting))],
      ['refused', sum(refused.map((each) => each.refused))],
    ]),
    ...metricLines('shoumi_alerts_oldest_seconds', [[Math.round((now - oldest) / 1000)]]),
    ...metricLines('shoumi_mailboxes_failing', [[mailboxes.filter(({ failures }) => failures > 0).length]]),
    ...metricLines('shoumi_mails_unseen', [[sum(mailboxes.map((each) => each.unseen_attempts))]]),
    ...metricLines('shoumi_alert_mails_total', [...counts]),
  ]
}

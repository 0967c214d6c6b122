/** Alerts that wait, were refused or cannot be sent: conditions, and figures that name nobody. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Severity } from '#shared/vocabulary/levels.ts'
import { refusedCounts, waitingCounts, type WaitingCount } from '#collector/store/alert-views.ts'
import { allMailboxes, type MailboxRow } from '#collector/store/mailboxes.ts'
import type { Delivery } from './channels/channel.ts'
import { LATE_MS, type NotWell } from './daily.ts'
import type { Keeping } from './attempt.ts'
import { NO_MAIL } from './routes.ts'

export interface HealthConditions {
  readonly raise: (condition: { code: string; severity: Severity; text: string; todo: string }) => void
  readonly clear: (code: string) => void
  readonly all: () => readonly NotWell[]
}

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
      for (const [code, condition] of Object.entries(conditionsOf(seen, clock.wall())))
        if (condition === undefined) conditions.clear(code)
        else conditions.raise({ code, ...condition })
    },
    lines: () => linesOf(seen, counts, clock.wall()),
  }
}

type Said = { severity: Severity; text: string; todo: string } | undefined

/** Without counts: a text that changes is a line in the log each time. */
function conditionsOf({ waiting, refused, mailboxes }: Seen, now: number): Record<string, Said> {
  const late = waiting.filter(({ oldestAt }) => oldestAt < now - LATE_MS).map(({ mailbox }) => mailbox)
  const refusing = refused.map(({ mailbox }) => mailbox)
  const failing = mailboxes.filter(({ failures }) => failures >= MANY_FAILURES)
  const [error] = failing.flatMap(({ last_error: last }) => (last === null ? [] : [last]))
  return {
    'alerts.waiting':
      late.length === 0
        ? undefined
        : {
            severity: 'high',
            text: late.includes(NO_MAIL)
              ? 'Alerts wait for more than 5 minutes: no mail is configured.'
              : `Alerts wait for more than 5 minutes: ${named(late)}.`,
            todo: 'See to the mail server, or to `mail` in the configuration; they go out as soon as it takes them.',
          },
    'alerts.refused':
      refusing.length === 0
        ? undefined
        : {
            severity: 'moderate',
            text: `The mail server refused alerts for good: ${named(refusing)}.`,
            todo: 'Mend the address, then send them again or dismiss them, in the console.',
          },
    'alerts.not-sent':
      failing.length === 0
        ? undefined
        : {
            severity: 'high',
            text: `Mail does not go out: ${named(failing.map(({ mailbox }) => mailbox))}. ${error ?? ''}`.trim(),
            todo: 'See to the mail server, or to `mail` in the configuration; it is tried again for ever.',
          },
  }
}

function named(mailboxes: readonly string[]): string {
  const more = mailboxes.length - MAX_NAMED
  return `${mailboxes.toSorted().slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0)

function linesOf({ waiting, refused, mailboxes }: Seen, counts: ReadonlyMap<string, number>, now: number): string[] {
  const oldest = Math.min(now, ...waiting.map(({ oldestAt }) => oldestAt))
  return [
    '# HELP shoumi_alerts Alerts that have not gone out.',
    '# TYPE shoumi_alerts gauge',
    `shoumi_alerts{state="waiting"} ${sum(waiting.map((each) => each.waiting))}`,
    `shoumi_alerts{state="refused"} ${sum(refused.map((each) => each.refused))}`,
    '# HELP shoumi_alerts_oldest_seconds For how long the oldest that waits could have gone out.',
    '# TYPE shoumi_alerts_oldest_seconds gauge',
    `shoumi_alerts_oldest_seconds ${Math.round((now - oldest) / 1000)}`,
    '# HELP shoumi_mailboxes_failing Mailboxes whose newest attempt did not go well.',
    '# TYPE shoumi_mailboxes_failing gauge',
    `shoumi_mailboxes_failing ${mailboxes.filter(({ failures }) => failures > 0).length}`,
    '# HELP shoumi_mails_unseen Attempts, ever, whose end nobody saw: each may have come twice, as the same Message-ID.',
    '# TYPE shoumi_mails_unseen gauge',
    `shoumi_mails_unseen ${sum(mailboxes.map((each) => each.unseen_attempts))}`,
    '# HELP shoumi_alert_mails_total Attempts to send a mail, by what came of it.',
    '# TYPE shoumi_alert_mails_total counter',
    ...[...counts].map(([outcome, count]) => `shoumi_alert_mails_total{outcome="${outcome}"} ${count}`),
  ]
}

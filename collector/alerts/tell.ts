/** Called by the commit for every incident that is new or changed: what is news goes to the mailboxes, in its transaction. */
import { severities } from '#shared/vocabulary/levels.ts'
import type { Incident } from '#collector/incidents/correlate/incident.ts'
import { alertsOf, saveAlerts, type AlertRow } from '#collector/store/alerts.ts'
import { addMailboxes } from '#collector/store/mailboxes.ts'
import { mutedRules } from '#collector/store/mutes.ts'
import type { Tx } from '#collector/store/schema.ts'
import { newsBut, type Reason } from './due.ts'
import { withNews } from './standing.ts'

export interface Changed {
  readonly number: number
  readonly endpointId: number
  /** Undefined: it is new. */
  readonly before: Incident | undefined
  readonly after: Incident
  /** What happened to it besides what differs. */
  readonly what?: 'reopened' | 'withdrawn'
}

export interface Told {
  readonly mailboxes: readonly string[]
  /** ms since 1970. */
  readonly now: number
}

const NONE: ReadonlySet<string> = new Set()

/** Puts the news into the rows of each mailbox; resolves with the number of rows that changed. As many statements as there
 *  are portions of 500 rows, however many incidents changed; none where nothing is news. */
export async function tell(tx: Tx, changed: readonly Changed[], told: Told): Promise<number> {
  // Nearly every commit tells nothing: look at the mutes only where there would be news without them.
  const likely = changed.filter((each) => newsBut(NONE, each).length > 0 || mayBeUnmuted(each))
  if (likely.length === 0) return 0
  const endpoints = [...new Set(likely.map(({ endpointId }) => endpointId))]
  const muted = await mutedRules(tx, endpoints, told.now)
  const news = likely.flatMap((each) => {
    const reasons = newsBut(muted.get(each.endpointId) ?? NONE, each)
    return reasons.length === 0 ? [] : [{ ...each, reasons }]
  })
  if (news.length === 0) return 0
  const rows = await rowsWith(tx, news, told)
  await addMailboxes(tx, told.mailboxes)
  await saveAlerts(tx, rows)
  return rows.length
}

/** A rule more: it was muted perhaps, and with this one it is no longer. */
const mayBeUnmuted = ({ before, after }: Changed): boolean =>
  before !== undefined && after.rules.some(({ rule }) => !before.rules.some((known) => known.rule === rule))

async function rowsWith(
  tx: Tx,
  news: readonly (Changed & { readonly reasons: readonly Reason[] })[],
  { mailboxes, now }: Told,
): Promise<AlertRow[]> {
  const old = news.flatMap(({ number, before }) => (before === undefined ? [] : [number]))
  const known = new Map((await alertsOf(tx, old)).map((row) => [`${row.incident} ${row.mailbox}`, row]))
  return news.flatMap(({ number: incident, after, reasons }) =>
    mailboxes.flatMap((mailbox) => {
      const row = known.get(`${incident} ${mailbox}`)
      const standing = withNews(row, reasons, { severity: severities.indexOf(after.severity), now })
      return standing === undefined ? [] : [{ ...row, ...standing, incident, mailbox }]
    }),
  )
}

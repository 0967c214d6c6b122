/** Called by the commit for every incident that is new or changed: what is news goes to the mailboxes, in its transaction. */
import { severities } from '#shared/vocabulary/levels.ts'
import type { Incident } from '#collector/incidents/correlate/incident.ts'
import { alertsOf, saveAlerts, type AlertRow } from '#collector/store/alerts.ts'
import { addMailboxes } from '#collector/store/mailboxes.ts'
import { mutedRules } from '#collector/store/mutes.ts'
import type { Tx } from '#collector/store/schema.ts'
import { isMuted, newsBut, type NewsReason } from './due.ts'
import { withNews } from './standing.ts'

export interface ChangedIncident {
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
export async function tell(tx: Tx, changed: readonly ChangedIncident[], told: Told): Promise<number> {
  // Nearly every commit tells nothing: look at the mutes only where there would be news without them, or after them.
  const likely = changed.filter((each) => newsBut(NONE, each).length > 0 || isBrokenAnew(each))
  if (likely.length === 0) return 0
  const endpoints = [...new Set(likely.map(({ endpointId }) => endpointId))]
  const muted = await mutedRules(tx, endpoints, told.now)
  const news = likely.flatMap((each) => {
    const rules = muted.get(each.endpointId) ?? NONE
    if (each.what !== 'withdrawn' && isMuted(each.after, rules)) return []
    return [{ ...each, reasons: newsBut(rules, each) }]
  })
  if (news.length === 0) return 0
  const rows = await rowsWith(tx, news, told)
  if (rows.length === 0) return 0
  await addMailboxes(tx, told.mailboxes)
  await saveAlerts(tx, rows)
  return rows.length
}

/** One violation more. */
const isBrokenAnew = ({ before, after }: ChangedIncident): boolean =>
  before !== undefined && after.violations > before.violations

/** What there is to say of an incident of which nobody has heard, for all of it was muted so far: what broke a rule since is
 *  as good as new, and what only ended is not told at all. */
const unheard = (each: ChangedIncident, reasons: readonly NewsReason[]): readonly NewsReason[] => {
  if (each.before === undefined || reasons.includes('reopened')) return reasons
  return isBrokenAnew(each) ? ['opened'] : []
}

async function rowsWith(
  tx: Tx,
  news: readonly (ChangedIncident & { readonly reasons: readonly NewsReason[] })[],
  { mailboxes, now }: Told,
): Promise<AlertRow[]> {
  const old = news.flatMap(({ number, before }) => (before === undefined ? [] : [number]))
  const kept = await alertsOf(tx, old)
  const known = new Map(kept.map((row) => [`${row.incident} ${row.mailbox}`, row]))
  const heardOf = new Set(kept.map((row) => row.incident))
  return news.flatMap((each) => {
    const { number: incident, after } = each
    const reasons = heardOf.has(incident) ? each.reasons : unheard(each, each.reasons)
    if (reasons.length === 0) return []
    return mailboxes.flatMap((mailbox) => {
      const row = known.get(`${incident} ${mailbox}`)
      const standing = withNews(row, reasons, { severity: severities.indexOf(after.severity), now })
      return standing === undefined ? [] : [{ ...row, ...standing, incident, mailbox }]
    })
  })
}

/** When an incident's change is worth a mail. Pure: (before, after) → reasons; more events alone are none. */
import { bySeverity, type Severity } from '#shared/vocabulary/levels.ts'
import type { Incident } from '#collector/incidents/correlate/incident.ts'

/** What a mail can be about. A row names each once until it is told, so that its list stays short. */
export type NewsReason = 'opened' | 'reopened' | `raised-${Severity}` | 'contact' | 'files-left' | 'ended' | 'withdrawn'

const filesLeft = ({ files }: Incident): boolean => files !== undefined && files.copied + files.interrupted > 0
const contacts = ({ network }: Incident): number => network?.contacts ?? 0

/** An incident that opens already raised, ended, or with files is told of once: the mail shows all of its state. */
export function newsOf(before: Incident | undefined, after: Incident, what?: 'reopened' | 'withdrawn'): NewsReason[] {
  if (what === 'withdrawn') return ['withdrawn']
  if (before === undefined) return ['opened']
  const news: NewsReason[] = what === 'reopened' ? ['reopened'] : []
  if (bySeverity(after.severity, before.severity) < 0) news.push(`raised-${after.severity}`)
  if (contacts(after) > contacts(before)) news.push('contact')
  if (filesLeft(after) && !filesLeft(before)) news.push('files-left')
  if (after.endedAt !== undefined && before.endedAt === undefined) news.push('ended')
  return news
}

/** True where every rule that it broke alerts nobody on its endpoint. What breaks no rule by name is never muted. */
export const isMuted = ({ rules }: Pick<Incident, 'rules'>, muted: ReadonlySet<string>): boolean =>
  rules.length > 0 && rules.every(({ rule }) => muted.has(rule))

/** As `newsOf`; what was muted and is no longer is as good as new, for nobody has heard of it. */
export function newsBut(
  muted: ReadonlySet<string>,
  { before, after, what }: { before: Incident | undefined; after: Incident; what?: 'reopened' | 'withdrawn' },
): NewsReason[] {
  if (what === 'withdrawn') return newsOf(before, after, what)
  if (isMuted(after, muted)) return []
  return newsOf(before !== undefined && isMuted(before, muted) ? undefined : before, after, what)
}

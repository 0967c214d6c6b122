/** When an incident's change is worth an alert. Pure: (before, after) → reasons; more events alone are none. */
import { createHash } from 'node:crypto'
import { bySeverity, type Severity } from '#shared/vocabulary/levels.ts'
import type { Incident } from '#collector/incidents/correlate/incident.ts'
import type { NewAlert } from '#collector/store/alerts.ts'

export type Reason = 'opened' | `raised-${Severity}` | 'files-left' | 'ended'

const filesLeft = ({ files }: Incident): boolean => files !== undefined && files.copied + files.interrupted > 0

/** An incident that opens already raised, ended, or with files is told of once: the alert shows all of its state. */
export function alertsDue(before: Incident | undefined, after: Incident): Reason[] {
  if (before === undefined) return ['opened']
  const reasons: Reason[] = []
  if (bySeverity(after.severity, before.severity) < 0) reasons.push(`raised-${after.severity}`)
  if (filesLeft(after) && !filesLeft(before)) reasons.push('files-left')
  if (after.endedAt !== undefined && before.endedAt === undefined) reasons.push('ended')
  return reasons
}

/** The same for the same, so that what is due twice (a rebuild, an incident that ends again) is due once. */
export const alertId = (incidentId: string, reason: string, channel: string): string =>
  createHash('sha256').update(`${incidentId}\n${reason}\n${channel}`).digest('hex').slice(0, 32)

/** What the commit puts into the outbox; `at` is ms since 1970. */
export const alertsFor = (
  before: Incident | undefined,
  after: Incident,
  { channels, at }: { channels: readonly string[]; at: number },
): NewAlert[] =>
  alertsDue(before, after).flatMap((reason) =>
    channels.map((channel) => ({
      id: alertId(after.id, reason, channel),
      incidentId: after.id,
      reason,
      channel,
      createdAt: at,
    })),
  )

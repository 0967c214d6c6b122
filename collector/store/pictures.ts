/** What an incident's row shows of it. */
import { severities } from '#shared/vocabulary/levels.ts'
import { incidentKinds, type Incident } from '#collector/incidents/correlate/incident.ts'
import type { IncidentRow } from './incidents.ts'

/** Where the picture is torn, as much as the columns say: one row must not take a list away. `recorrelate` makes it whole. */
export function incidentOf(row: Drawn): Incident {
  try {
    const state: Incident | null = JSON.parse(row.state)
    if (Array.isArray(state?.rules) && typeof state.openedAt === 'number') return state
  } catch {
    // told below by what is left of it
  }
  return {
    kind: incidentKinds.find((kind) => kind === row.kind) ?? 'stay',
    openedAt: row.opened_at,
    firstAt: row.opened_at,
    lastAt: row.last_at,
    ...(row.ended_at !== null && { endedAt: row.ended_at }),
    unverified: true,
    severity: severities[row.severity] ?? 'critical',
    rules: [],
    events: 0,
    violations: 0,
    receivedLate: false,
  }
}
type Drawn = Pick<IncidentRow, 'state' | 'kind' | 'opened_at' | 'last_at' | 'ended_at' | 'severity'>

/** A stored incident → what the API shows of it, with the words of its rules and clauses. */
import { incidentOf } from '#collector/incidents/timeline.ts'
import type { Db } from '#collector/store/schema.ts'
import { endpointById } from '#collector/store/endpoints.ts'
import type { IncidentRow } from '#collector/store/incidents.ts'
import { machineOf } from './endpoint-view.ts'
import type { IncidentView } from './shapes/incident.ts'

interface InTwoLanguages {
  readonly zh: string
  readonly en: string
}
export interface ClauseText {
  readonly document: string
  readonly article: string
  readonly text: string
  readonly summary: InTwoLanguages
}
/** The words of rules and clauses, by id. */
export interface Texts {
  readonly rule: (id: string) => InTwoLanguages | undefined
  readonly clause: (id: string) => ClauseText | undefined
}

export async function incidentView(db: Db, row: IncidentRow, texts: Texts): Promise<IncidentView> {
  const endpoint = await endpointById(db, row.endpoint_id)
  if (endpoint === undefined) throw new Error(`Incident ${row.id} has no endpoint.`)
  const { rules, ...incident } = incidentOf(row)
  return {
    ...incident,
    revision: row.revision,
    status: row.status,
    endpoint: machineOf({ ...endpoint, department: row.department, level: row.level }),
    rules: rules.map(({ rule, severity, count, clause }) => {
      const title = texts.rule(rule)
      const words = texts.clause(clause)
      return { rule, severity, count, ...(title && { title }), clause: { id: clause, ...words } }
    }),
  }
}

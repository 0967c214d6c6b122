/** An incident → what the API shows of it, with the words of its rules and clauses. */
import { Compile } from 'typebox/compile'
import { type Stage, stages } from '#collector/incidents/correlate/incident.ts'
import type { ListedIncident } from '#collector/incidents/lists.ts'
import type { ActionDone } from '#collector/incidents/workflow/act.ts'
import type { RuleTexts } from '#collector/policy/clauses.ts'
import { machineView } from './endpoint-view.ts'
import { ActionShape, type ActionView } from './shapes/action.ts'
import type { IncidentView } from './shapes/incident.ts'

/** Throws where the store holds a stage that is none: nothing writes one. */
export function storedStage({ id, stage }: Pick<ListedIncident, 'id' | 'stage'>): Stage {
  const known = stages.find((name) => name === stage)
  if (known === undefined) throw new Error(`Incident ${id} has the stage ${stage}, which is none.`)
  return known
}

export function incidentView(row: ListedIncident, texts: RuleTexts): IncidentView {
  const { rules, ...incident } = row.incident
  return {
    ...incident,
    id: row.id,
    number: row.number,
    revision: row.revision,
    stage: storedStage(row),
    version: row.version,
    arrivedAt: row.arrivedAt,
    ...(row.endedAt !== null && { endedAt: row.endedAt }),
    endpoint: machineView(row.endpoint),
    rules: rules.map(({ rule, severity, count, clause }) => {
      const title = texts.ruleTitle(rule)
      const words = texts.clause(clause)
      return { rule, severity, count, ...(title && { title }), clause: { id: clause, ...words } }
    }),
    ...(row.linkedTo !== null && { linkedTo: row.linkedTo }),
    ...(row.withdrawnInto !== null && { withdrawnInto: row.withdrawnInto }),
  }
}

const Action = Compile(ActionShape)

/** Throws where the store holds a kind that is none: nothing writes one. */
export const actionView = ({ reason, ...action }: ActionDone): ActionView =>
  Action.Parse({ ...action, ...(reason !== null && { reason }) })

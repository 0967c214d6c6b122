/** What the collector itself does to incidents: rows of the same table, in the transaction that makes it so. */
import { type CaseRow, casesOf, insertActions, type NewAction, saveCase } from '#collector/store/actions.ts'
import type { Tx } from '#collector/store/schema.ts'
import { caseAt, type CollectorsKind, next, stageOf } from './case.ts'

const COLLECTOR = 'shoumi-collector'

export interface CollectorAct {
  /** The incident's number. */
  readonly incident: number
  readonly kind: CollectorsKind
  /** ms since 1970. */
  readonly at: number
  readonly reason?: string
  /** By kind: of `raised` the severities, of `withdrawn` where its entries are now. */
  readonly fields?: Readonly<Record<string, unknown>>
}

/** Records the acts in their order and sets stage and version; the revision is the caller's. What does not apply, as opening
 *  again what is open, is left out. Two statements for all that only open, one more for each other. */
export async function collectorActs(tx: Tx, acts: readonly CollectorAct[]): Promise<void> {
  const changing = acts.filter(({ kind }) => kind !== 'opened').map(({ incident }) => incident)
  const cases = new Map((await casesOf(tx, [...new Set(changing)])).map((row) => [row.number, row]))
  const rows: NewAction[] = []
  for (const act of acts) {
    const before = cases.get(act.incident)
    const after = before && caseAfter(before, act)
    if (act.kind !== 'opened' && after === undefined) continue
    rows.push(rowOf(act))
    if (before === undefined || after === undefined || act.kind === 'opened') continue
    await saveCase(tx, before, after)
    cases.set(act.incident, { ...before, ...after })
  }
  await insertActions(tx, rows)
}

function caseAfter({ stage, version }: CaseRow, { kind, at }: CollectorAct) {
  const after = next(caseAt(stage, version), { kind, at, by: COLLECTOR })
  return after && { stage: stageOf(after), version: after.version }
}

const rowOf = ({ incident, kind, at, reason, fields = {} }: CollectorAct): NewAction => ({
  incident_number: incident,
  kind,
  actor_kind: 'collector',
  actor_id: '',
  actor_name: COLLECTOR,
  at,
  reason: reason ?? null,
  fields: JSON.stringify(fields),
})

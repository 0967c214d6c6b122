/** What the collector itself does to incidents, beside people's actions and in the same rows. */
import { insertActions } from '#collector/store/actions.ts'
import type { Tx } from '#collector/store/schema.ts'

export interface CollectorAct {
  readonly incident: number
  readonly kind: 'opened' | 'raised' | 'reopened' | 'withdrawn'
  /** ms since 1970. */
  readonly at: number
  readonly reason?: string
  readonly fields?: object
}

export async function collectorActs(tx: Tx, acts: readonly CollectorAct[]): Promise<void> {
  await insertActions(
    tx,
    acts.map(({ incident, kind, at, reason, fields = {} }) => ({
      incident_number: incident,
      kind,
      actor_kind: 'collector',
      actor_id: '',
      actor_name: 'shoumi-collector',
      at,
      reason: reason ?? null,
      fields: JSON.stringify(fields),
    })),
  )
}

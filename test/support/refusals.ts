/** Messages that were refused, as they stand in a store. */
import type { RefusalRow } from '#collector/store/refusals.ts'
import type { Tx } from '#collector/store/schema.ts'

export const newestRefusals = (tx: Tx, limit: number): Promise<RefusalRow[]> =>
  tx.selectFrom('refusal').selectAll().orderBy('id', 'desc').limit(limit).execute()

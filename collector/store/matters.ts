/** Matters and boots: what correlation remembers between commits. Nothing of it lives in memory. */
import type { Db, Schema } from './schema.ts'

type MatterKind = Schema['matter']['kind']

export interface MatterRow {
  readonly id: number
  readonly kind: MatterKind
  readonly key: string
  /** Empty: nothing gathered yet. */
  readonly facts: string
}

/** The matters of these keys, made where they are new. */
export async function openMatters(
  db: Db,
  endpointId: number,
  kind: MatterKind,
  keys: readonly string[],
): Promise<MatterRow[]> {
  await db
    .insertInto('matter')
    .values(keys.map((key) => ({ endpoint_id: endpointId, kind, key, facts: '' })))
    .onConflict((conflict) => conflict.columns(['endpoint_id', 'kind', 'key']).doNothing())
    .execute()
  return db
    .selectFrom('matter')
    .select(['id', 'kind', 'key', 'facts'])
    .where('endpoint_id', '=', endpointId)
    .where('kind', '=', kind)
    .where('key', 'in', [...keys])
    .execute()
}

/** The matters of an endpoint whose incidents have not ended. */
export const goingOnMatters = (db: Db, endpointId: number): Promise<MatterRow[]> =>
  db
    .selectFrom('matter')
    .select(['id', 'kind', 'key', 'facts'])
    .where('id', 'in', (query) =>
      query
        .selectFrom('incident')
        .select('matter_id')
        .where('endpoint_id', '=', endpointId)
        .where('ended_at', 'is', null),
    )
    .execute()

export const saveFacts = (db: Db, matterId: number, facts: string) =>
  db.updateTable('matter').set({ facts }).where('id', '=', matterId).execute()

/** When each boot of the endpoint was first heard of, ms since 1970. */
export async function bootsOf(db: Db, endpointId: number): Promise<Record<string, number>> {
  const rows = await db.selectFrom('boot').select(['boot', 'first_at']).where('endpoint_id', '=', endpointId).execute()
  return Object.fromEntries(rows.map(({ boot, first_at }) => [boot, first_at]))
}

export const saveBoot = (db: Db, endpointId: number, boot: string, firstAt: number) =>
  db
    .insertInto('boot')
    .values({ endpoint_id: endpointId, boot, first_at: firstAt })
    .onConflict((conflict) => conflict.columns(['endpoint_id', 'boot']).doUpdateSet({ first_at: firstAt }))
    .execute()

/** Boots of agents' computers, each with the anchor that sets its clock against time. */
import type { Selectable } from 'kysely'
import type { Tx } from './schema.ts'
import type { BootTable } from './tables/logs.ts'

export type BootRow = Selectable<BootTable>

/** The boot of this UUID, made where it is new. */
export async function bootOf(tx: Tx, agentId: number, boot: string): Promise<BootRow> {
  await tx
    .insertInto('boot')
    .values({ agent_id: agentId, boot, anchor_mono: null, anchor_at: null, retimed_to: null })
    .onConflict((conflict) => conflict.columns(['agent_id', 'boot']).doNothing())
    .execute()
  return tx
    .selectFrom('boot')
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('boot', '=', boot)
    .limit(1)
    .executeTakeFirstOrThrow()
}

/** Of these boots those whose clock is known. */
export async function anchorsOf(tx: Tx, boots: readonly number[]): Promise<Map<number, { mono: number; at: number }>> {
  if (boots.length === 0) return new Map()
  const rows = await tx
    .selectFrom('boot')
    .select(['id', 'anchor_mono', 'anchor_at'])
    .where('id', 'in', boots)
    .where('anchor_at', 'is not', null)
    .execute()
  return new Map(rows.map(({ id, anchor_mono, anchor_at }) => [id, { mono: anchor_mono ?? 0, at: anchor_at ?? 0 }]))
}

/** The first trusted stamp of a boot counts: true where this is it. Its incidents wait to be timed by it from now on. */
export async function anchor(tx: Tx, boot: number, { mono, at }: { mono: number; at: number }): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('boot')
    .set({ anchor_mono: mono, anchor_at: at, retimed_to: 0 })
    .where('id', '=', boot)
    .where('anchor_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Boots of the agent with incidents that are not timed by their anchor yet. */
export const bootsToRetime = (tx: Tx, agentId: number): Promise<BootRow[]> =>
  tx
    .selectFrom('boot')
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('retimed_to', 'is not', null)
    .orderBy('id')
    .limit(4)
    .execute()

/** Agents that have any; at most `limit`. */
export const agentsToRetime = (tx: Tx, limit: number): Promise<{ agent_id: number }[]> =>
  tx.selectFrom('boot').select('agent_id').distinct().where('retimed_to', 'is not', null).limit(limit).execute()

export async function retimedTo(tx: Tx, boot: number, to: number | null): Promise<void> {
  await tx.updateTable('boot').set({ retimed_to: to }).where('id', '=', boot).execute()
}

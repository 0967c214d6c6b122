/** Which agent was on which endpoint, from when to when. At most one tenure of an agent has no end. */
import type { Selectable } from 'kysely'
import type { Tx } from './schema.ts'
import type { TenureTable } from './tables/endpoints.ts'

export type TenureRow = Selectable<TenureTable>

/** `agents.ts` alone begins and ends them, so that a tenure and the agent's endpoint never disagree. */
export async function beginTenure(tx: Tx, agentId: number, endpointId: number, at: number): Promise<void> {
  await tx
    .insertInto('tenure')
    .values({ agent_id: agentId, endpoint_id: endpointId, from_at: at, to_at: null })
    .execute()
}

export async function endTenure(tx: Tx, agentId: number, at: number): Promise<void> {
  await tx.updateTable('tenure').set({ to_at: at }).where('agent_id', '=', agentId).where('to_at', 'is', null).execute()
}

/** In their order: a few in the life of a computer. */
export const tenuresOf = (tx: Tx, endpointId: number): Promise<TenureRow[]> =>
  tx.selectFrom('tenure').selectAll().where('endpoint_id', '=', endpointId).orderBy('id').execute()

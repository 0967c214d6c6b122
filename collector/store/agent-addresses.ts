/** Where agents greeted from. */
import type { Tx } from './schema.ts'

export async function saveAddress(tx: Tx, agentId: number, address: string): Promise<void> {
  await tx.updateTable('agent').set({ last_address: address }).where('id', '=', agentId).execute()
}

export interface AgentAddress {
  readonly agentId: number
  readonly address: string
}

/** Of agents that were seen since then and are served still, those seen last come last; at most so many. */
export async function addressesSince(tx: Tx, at: number, limit: number): Promise<AgentAddress[]> {
  const rows = await tx
    .selectFrom('agent')
    .select(['id', 'last_address'])
    .where('last_seen_at', '>=', at)
    .where('last_address', 'is not', null)
    .where('retired_at', 'is', null)
    .orderBy('last_seen_at', 'desc')
    .limit(limit)
    .execute()
  return rows.toReversed().map(({ id, last_address }) => ({ agentId: id, address: last_address ?? '' }))
}

/** Rules that alert nobody on an endpoint until a date. A mute is never deleted: it ends, or is lifted. */
import type { Insertable } from 'kysely'
import type { Tx } from './schema.ts'
import type { MuteTable } from './tables/outbox.ts'

const inForce = (tx: Tx, now: number) =>
  tx.selectFrom('mute').where('mute.until_at', '>', now).where('mute.lifted_at', 'is', null)

const ENDPOINTS_AT_ONCE = 500

/** The muted rules of those endpoints now. */
export async function mutedRules(
  tx: Tx,
  endpoints: readonly number[],
  now: number,
): Promise<ReadonlyMap<number, ReadonlySet<string>>> {
  const muted = new Map<number, Set<string>>()
  for (let from = 0; from < endpoints.length; from += ENDPOINTS_AT_ONCE) {
    const some = inForce(tx, now).where('endpoint_id', 'in', endpoints.slice(from, from + ENDPOINTS_AT_ONCE))
    for (const { endpoint_id: endpoint, rule } of await some.select(['endpoint_id', 'rule']).execute())
      muted.set(endpoint, (muted.get(endpoint) ?? new Set()).add(rule))
  }
  return muted
}

export async function insertMute(tx: Tx, mute: Omit<Insertable<MuteTable>, 'id'>): Promise<number> {
  const { id } = await tx.insertInto('mute').values(mute).returning('id').executeTakeFirstOrThrow()
  return id
}

/** Ends what is in force; how many that were. */
export async function liftMutes(
  tx: Tx,
  which: { readonly id: number } | { readonly rule: string; readonly endpointId: number },
  now: number,
): Promise<number> {
  let lifted = tx.updateTable('mute').set({ lifted_at: now }).where('until_at', '>', now).where('lifted_at', 'is', null)
  if ('id' in which) lifted = lifted.where('id', '=', which.id)
  else lifted = lifted.where('endpoint_id', '=', which.endpointId).where('rule', '=', which.rule)
  const { numUpdatedRows } = await lifted.executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}

export interface MuteRow {
  readonly id: number
  readonly rule: string
  readonly endpointId: number
  readonly endpoint: string
  readonly department: string
  readonly until: number
  readonly reason: string
  readonly by: string
  readonly madeAt: number
}

/** Those that end first come first. */
export function listMutes(
  tx: Tx,
  { endpointId, now, limit }: { endpointId?: number | undefined; now: number; limit: number },
): Promise<MuteRow[]> {
  let rows = inForce(tx, now).innerJoin('endpoint', 'endpoint.id', 'mute.endpoint_id')
  if (endpointId !== undefined) rows = rows.where('mute.endpoint_id', '=', endpointId)
  return rows
    .select(['mute.id', 'mute.rule', 'mute.endpoint_id as endpointId', 'endpoint.name as endpoint'])
    .select(['endpoint.department', 'mute.until_at as until', 'mute.reason', 'mute.actor_name as by'])
    .select('mute.made_at as madeAt')
    .orderBy('mute.until_at')
    .limit(limit)
    .execute()
}

/** Is there such a line of the ledger? */
export async function hasEndpoint(tx: Tx, id: number): Promise<boolean> {
  return (await tx.selectFrom('endpoint').select('id').where('id', '=', id).limit(1).executeTakeFirst()) !== undefined
}

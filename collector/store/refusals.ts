/** Messages that were not taken, with their reason: the newest 10,000. */
import type { Insertable, Selectable } from 'kysely'
import type { Tx } from './schema.ts'
import type { RefusalTable } from './tables/logs.ts'

/** × 16 KiB of message = 160 MiB at worst; the oldest go. */
const MAX_REFUSALS = 10_000
const MAX_REFUSAL_MESSAGE_BYTES = 16 * 1024
const MAX_DETAIL_CHARACTERS = 512

export type RefusalRow = Selectable<RefusalTable>

/** Keeps the beginning of the message. Row numbers only rise, so what is 10,000 below the newest goes. */
export async function insertRefusal(tx: Tx, refusal: Insertable<RefusalTable>): Promise<void> {
  const { id } = await tx
    .insertInto('refusal')
    .values({
      ...refusal,
      detail: refusal.detail.slice(0, MAX_DETAIL_CHARACTERS),
      message: refusal.message?.subarray(0, MAX_REFUSAL_MESSAGE_BYTES) ?? null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await tx
    .deleteFrom('refusal')
    .where('id', '<=', id - MAX_REFUSALS)
    .execute()
}

export async function countRefusalsSince(tx: Tx, at: number): Promise<number> {
  const counted = tx.selectFrom('refusal').select((eb) => eb.fn.countAll().as('count'))
  return Number((await counted.where('at', '>=', at).executeTakeFirstOrThrow()).count)
}

/** Whether a message of that log was refused, as far as refusals are kept. */
export async function wasRefused(tx: Tx, agent: string, epoch: string): Promise<boolean> {
  const found = await tx
    .selectFrom('refusal')
    .select('id')
    .where('agent', '=', agent)
    .where('epoch', '=', epoch)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** Newest first. */
export const listRefusals = (tx: Tx, limit: number): Promise<RefusalRow[]> =>
  tx
    .selectFrom('refusal')
    .selectAll()
    .where('id', '<', Number.MAX_SAFE_INTEGER)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()

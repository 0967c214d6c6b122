/** Messages that were not taken, with their reason: the newest 10,000. */
import type { Insertable, Selectable } from 'kysely'
import type { Db, RefusalTable } from './schema.ts'

/** × 16 KiB of message = 160 MiB at worst; the oldest go. */
const MAX_REFUSALS = 10_000
const MAX_REFUSAL_MESSAGE_BYTES = 16 * 1024
const MAX_DETAIL_CHARACTERS = 512

export type RefusalRow = Selectable<RefusalTable>

/** Keeps the beginning of the message. Row numbers only rise, so what is 10,000 below the newest goes. */
export async function insertRefusal(db: Db, refusal: Insertable<RefusalTable>): Promise<void> {
  const { id } = await db
    .insertInto('refusal')
    .values({
      ...refusal,
      detail: refusal.detail.slice(0, MAX_DETAIL_CHARACTERS),
      message: refusal.message?.subarray(0, MAX_REFUSAL_MESSAGE_BYTES) ?? null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  await db
    .deleteFrom('refusal')
    .where('id', '<=', id - MAX_REFUSALS)
    .execute()
}

export async function countRefusalsSince(db: Db, at: number): Promise<number> {
  const counted = db.selectFrom('refusal').select((eb) => eb.fn.countAll().as('count'))
  return Number((await counted.where('at', '>=', at).executeTakeFirstOrThrow()).count)
}

/** Newest first. */
export const listRefusals = (db: Db, limit: number): Promise<RefusalRow[]> =>
  db.selectFrom('refusal').selectAll().orderBy('id', 'desc').limit(limit).execute()

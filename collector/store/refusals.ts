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

/** Where a page ended. */
export interface RefusalPlace {
  readonly at: number
  readonly number: number
}

export interface ListedRefusal extends Omit<RefusalRow, 'message'> {
  /** Of the agent that it names, where there is one. */
  readonly endpoint: string | null
}

/** Newest first, since that moment, behind that place; without the messages. */
export const listRefusals = (
  tx: Tx,
  { since, before, limit }: { since: number; before?: RefusalPlace; limit: number },
): Promise<ListedRefusal[]> =>
  tx
    .selectFrom('refusal')
    .leftJoin('agent', 'agent.agent', 'refusal.agent')
    .leftJoin('endpoint', 'endpoint.id', 'agent.endpoint_id')
    .select(['refusal.id', 'refusal.at', 'refusal.agent', 'refusal.peer', 'refusal.code', 'refusal.detail'])
    .select(['refusal.epoch', 'refusal.from_idx', 'endpoint.name as endpoint'])
    .where('refusal.at', '>=', since)
    .where((is) =>
      before ? is(is.refTuple('refusal.at', 'refusal.id'), '<', is.tuple(before.at, before.number)) : is.and([]),
    )
    .orderBy('refusal.at', 'desc')
    .orderBy('refusal.id', 'desc')
    .limit(limit)
    .execute()

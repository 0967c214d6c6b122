/** Enrolment tokens: counted, short-lived, scoped. The store holds their hashes alone. */
import type { Insertable, Selectable } from 'kysely'
import type { Tx } from './schema.ts'
import type { TokenTable } from './tables/office.ts'

export type TokenRow = Selectable<TokenTable>

const DAY_MS = 86_400_000

/** Adds a token, and drops those that ended more than a day ago: their agents have been told. */
export async function insertToken(tx: Tx, token: Omit<Insertable<TokenTable>, 'id'>): Promise<void> {
  await tx
    .deleteFrom('token')
    .where('expires_at', '<', token.created_at - DAY_MS)
    .execute()
  await tx.insertInto('token').values(token).execute()
}

/** The token of this hash that is not past its end, however many uses it has left. */
export const tokenByHash = (tx: Tx, hash: string, now: number): Promise<TokenRow | undefined> =>
  tx.selectFrom('token').selectAll().where('hash', '=', hash).where('expires_at', '>', now).executeTakeFirst()

/** Takes one use; false where none is left. Call it in the transaction that makes the agent. */
export async function useToken(tx: Tx, id: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('token')
    .set((eb) => ({ uses_left: eb('uses_left', '-', 1) }))
    .where('id', '=', id)
    .where('uses_left', '>', 0)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

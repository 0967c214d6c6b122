/** Accounts and their sessions. */
import type { Insertable, Selectable } from 'kysely'
import type { Tx } from './schema.ts'
import type { AccountTable, SessionTable } from './tables/office.ts'

export type AccountRow = Selectable<AccountTable>

export const accountByName = (tx: Tx, name: string): Promise<AccountRow | undefined> =>
  tx.selectFrom('account').selectAll().where('name', '=', name).executeTakeFirst()

export const hasAccounts = async (tx: Tx): Promise<boolean> =>
  (await tx.selectFrom('account').select('id').limit(1).executeTakeFirst()) !== undefined

/** Fails where the name is taken. */
export async function insertAccount(tx: Tx, account: Omit<Insertable<AccountTable>, 'id'>): Promise<number> {
  const { id } = await tx.insertInto('account').values(account).returning('id').executeTakeFirstOrThrow()
  return id
}

export async function setPassword(
  tx: Tx,
  account: number,
  to: { password_hash: string; must_change: 0 | 1 },
): Promise<void> {
  await tx.updateTable('account').set(to).where('id', '=', account).execute()
}

export interface SessionOfAccount {
  readonly account: AccountRow
  readonly csrf: string
  readonly expiresAt: number
}

/** Undefined where there is none of that hash, or its time is over at `now`. */
export async function sessionByHash(tx: Tx, hash: string, now: number): Promise<SessionOfAccount | undefined> {
  const row = await tx
    .selectFrom('session')
    .innerJoin('account', 'account.id', 'session.account_id')
    .selectAll('account')
    .select(['session.csrf', 'session.expires_at'])
    .where('session.hash', '=', hash)
    .where('session.expires_at', '>', now)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { csrf, expires_at: expiresAt, ...account } = row
  return { account, csrf, expiresAt }
}

export async function insertSession(tx: Tx, session: Insertable<SessionTable>): Promise<void> {
  await tx.insertInto('session').values(session).execute()
}

/** Ends all sessions of an account but the newest `keep`; the hashes of those that ended. */
export async function endSessions(tx: Tx, account: number, keep: number): Promise<string[]> {
  const own = tx.selectFrom('session').select('hash').where('account_id', '=', account)
  const kept = own.orderBy('created_at', 'desc').limit(keep)
  const ended = tx.deleteFrom('session').where('account_id', '=', account).where('hash', 'not in', kept)
  return (await ended.returning('hash').execute()).map(({ hash }) => hash)
}

/** False where there was none. */
export async function deleteSession(tx: Tx, hash: string): Promise<boolean> {
  return (await tx.deleteFrom('session').where('hash', '=', hash).returning('hash').executeTakeFirst()) !== undefined
}

/** Sessions whose time is over at `now`, the oldest first. */
export const expiredSessions = (
  tx: Tx,
  now: number,
  limit: number,
): Promise<{ hash: string; name: string; id: number }[]> =>
  tx
    .selectFrom('session')
    .innerJoin('account', 'account.id', 'session.account_id')
    .select(['session.hash', 'account.name', 'account.id'])
    .where('session.expires_at', '<=', now)
    .orderBy('session.expires_at')
    .limit(limit)
    .execute()

/** Accounts and their sessions. */
import type { Selectable } from 'kysely'
import type { AccountTable, Db } from './schema.ts'

export type Account = Selectable<AccountTable>

export const accountByName = (db: Db, name: string): Promise<Account | undefined> =>
  db.selectFrom('account').selectAll().where('name', '=', name).executeTakeFirst()

export const hasAccounts = async (db: Db): Promise<boolean> =>
  (await db.selectFrom('account').select('id').limit(1).executeTakeFirst()) !== undefined

/** Fails where the name is taken. */
export async function insertAccount(db: Db, account: Omit<Account, 'id'>): Promise<void> {
  await db.insertInto('account').values(account).execute()
}

/** Sets the password and ends every session of the account, in one transaction. */
export const setPassword = (
  db: Db,
  account: number,
  to: { password_hash: string; must_change: 0 | 1 },
): Promise<void> =>
  db.transaction().execute(async (transaction) => {
    await transaction.updateTable('account').set(to).where('id', '=', account).execute()
    await transaction.deleteFrom('session').where('account_id', '=', account).execute()
  })

export interface SessionOfAccount {
  account: Account
  csrf: string
  expiresAt: number
}

/** Undefined where there is none of that hash, or its time is over at `now`. */
export async function sessionByHash(db: Db, hash: string, now: number): Promise<SessionOfAccount | undefined> {
  const row = await db
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

/** Adds a session; of the account's others only the newest `keep - 1` stay, and what has expired goes. */
export const insertSession = (
  db: Db,
  session: { hash: string; account_id: number; csrf: string; created_at: number; expires_at: number },
  keep: number,
): Promise<void> =>
  db.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('session').where('expires_at', '<=', session.created_at).execute()
    const kept = transaction
      .selectFrom('session')
      .select('hash')
      .where('account_id', '=', session.account_id)
      .orderBy('created_at', 'desc')
      .limit(keep - 1)
    await transaction
      .deleteFrom('session')
      .where('account_id', '=', session.account_id)
      .where('hash', 'not in', kept)
      .execute()
    await transaction.insertInto('session').values(session).execute()
  })

export async function deleteSession(db: Db, hash: string): Promise<void> {
  await db.deleteFrom('session').where('hash', '=', hash).execute()
}

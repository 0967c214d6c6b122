/** Accounts: the first one, and what an administrator does to one from the command line. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import { accountByName, hasAccounts, insertAccount, setPassword } from '#collector/store/accounts.ts'
import type { Db } from '#collector/store/schema.ts'
import { hashPassword, oneTimePassword } from './password.ts'

const FIRST_ACCOUNT = 'admin'

/** Makes the one account that a new collector has, with a password to be changed at the first sign-in; undefined where there
 *  is an account already. The password is in the answer and nowhere else. */
export async function createFirstAccount(
  db: Db,
  clock: Clock,
): Promise<{ name: string; password: string } | undefined> {
  if (await hasAccounts(db)) return undefined
  const password = oneTimePassword()
  await insertAccount(db, {
    name: FIRST_ACCOUNT,
    password_hash: await hashPassword(password),
    role: 'bootstrap',
    must_change: 1,
    created_at: clock.wall(),
  })
  return { name: FIRST_ACCOUNT, password }
}

/** A new one-time password for the account, all its sessions ended; undefined where there is no such account. */
export async function resetPassword(db: Db, name: string): Promise<string | undefined> {
  const account = await accountByName(db, name)
  if (account === undefined) return undefined
  const password = oneTimePassword()
  await setPassword(db, account.id, { password_hash: await hashPassword(password), must_change: 1 })
  return password
}

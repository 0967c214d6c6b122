/** Accounts: the first one, and what an administrator does to one from the command line. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import { accountByName, endSessions, hasAccounts, insertAccount, setPassword } from '#collector/store/accounts.ts'
import type { Access, Actor } from './acting.ts'
import { hashPassword, oneTimePassword } from './password.ts'

const FIRST_ACCOUNT = 'admin'

/** Makes the one account that a new collector has, with a password to be changed at the first sign-in; undefined where there
 *  is an account already. The password is in the answer and nowhere else. */
export async function createFirstAccount(
  access: Access,
  actor: Actor,
  clock: Clock,
): Promise<{ name: string; password: string } | undefined> {
  if (await access.ask(actor, hasAccounts)) return undefined
  const password = oneTimePassword()
  const account = {
    name: FIRST_ACCOUNT,
    password_hash: await hashPassword(password),
    role: 'bootstrap',
    must_change: 1,
    created_at: clock.wall(),
  }
  const subject = { kind: 'account', id: FIRST_ACCOUNT }
  const made = await access.act(
    actor,
    (isNew) => (isNew ? { act: 'account.create', subject, after: { role: account.role } } : undefined),
    async (tx) => {
      if (await hasAccounts(tx)) return false
      await insertAccount(tx, account)
      return true
    },
  )
  return made ? { name: FIRST_ACCOUNT, password } : undefined
}

/** A new one-time password for the account, all its sessions ended; undefined where there is no such account. */
export async function resetPassword(access: Access, actor: Actor, name: string): Promise<string | undefined> {
  const password = oneTimePassword()
  const hash = await hashPassword(password)
  const done = await access.act(
    actor,
    (known) => (known ? { act: 'password.reset', subject: { kind: 'account', id: name } } : undefined),
    async (tx) => {
      const account = await accountByName(tx, name)
      if (account === undefined) return false
      await setPassword(tx, account.id, { password_hash: hash, must_change: 1 })
      await endSessions(tx, account.id, 0)
      return true
    },
  )
  return done ? password : undefined
}

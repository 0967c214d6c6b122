/** Is it the right password, and may it be tried now? What fails is counted, slowed and recorded. */
import { createHash } from 'node:crypto'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { accountByName, type AccountRow } from '#collector/store/accounts.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Access, Actor } from './acting.ts'
import { addressKey } from './address.ts'
import { attempts } from './attempts.ts'
import type { Failures } from './failures.ts'
import { isPassword } from './password.ts'
import { openTurns } from './turns.ts'

/** What a client waits where too many passwords are being hashed. */
const BUSY_MS = 1_000

export interface Account {
  readonly id: number
  readonly name: string
  readonly role: string
  readonly mustChange: boolean
}

export const accountOf = ({ id, name, role, must_change }: AccountRow): Account => ({
  id,
  name,
  role,
  mustChange: must_change === 1,
})

export const actorOf = ({ id, name, role }: Account, address: string): Actor => ({
  kind: 'account',
  id: String(id),
  name,
  duty: role,
  address,
})

/** Whoever is not known yet. What was typed for a name is not repeated: it may have been a password. */
const stranger = (address: string): Actor => ({ kind: 'account', id: '', name: '', address })
/** Looks an account or a session up, before there is anybody to name. */
export const GATE: Actor = { kind: 'collector', id: '', name: 'sign-in' }

/** `slowed`: not tried, for too many failed before. */
export const signInOutcomes = ['in', 'wrong', 'slowed'] as const
export interface SignInCounts {
  readonly signIn: (outcome: (typeof signInOutcomes)[number]) => void
}

export type SignInRefusal = { ok: false; reason: 'wrong' } | { ok: false; reason: 'too-many'; waitMs: number }

/** The account as it is now; undefined where its password is no longer the one that was tried. */
export async function stillOf(tx: Tx, { name, password_hash }: AccountRow): Promise<AccountRow | undefined> {
  const now = await accountByName(tx, name)
  return now?.password_hash === password_hash ? now : undefined
}

/** The account, where the password is right and may be tried now. `ip`: where it comes from. */
export type Authenticate = (
  name: string,
  password: string,
  ip: string,
) => Promise<{ ok: true; account: AccountRow } | SignInRefusal>

export function openAuthentication(
  access: Access,
  { clock, counts, failures }: { clock: Clock; counts: SignInCounts; failures: Failures },
): Authenticate {
  const tried = attempts(clock)
  const turns = openTurns()
  return async (name, password, ip) => {
    const account = await access.ask(GATE, (tx) => accountByName(tx, name))
    const actor = account === undefined ? stranger(ip) : actorOf(accountOf(account), ip)
    const address = addressKey(ip)
    const slow = async (waitMs: number): Promise<SignInRefusal> => {
      counts.signIn('slowed')
      await failures.failed(actor, address)
      return { ok: false, reason: 'too-many', waitMs }
    }
    const ofPassword = createHash('sha256').update(account?.password_hash ?? '')
    const attempt = { account: name, password: ofPassword.digest('hex'), address }
    const waitMs = tried.waitMs(attempt)
    if (waitMs > 0) return slow(waitMs)
    tried.failed(attempt) // counted before the work, so that a hundred at the same moment are a hundred
    const right = turns.take(address, () => isPassword(password, account?.password_hash))
    if (right === undefined) return slow(BUSY_MS)
    if (!(await right) || account === undefined) {
      counts.signIn('wrong')
      await failures.failed(actor, address)
      return { ok: false, reason: 'wrong' }
    }
    tried.succeeded(attempt)
    return { ok: true, account }
  }
}

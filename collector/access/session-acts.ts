/** What begins and ends sessions, each with its record in the same transaction. */
import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '#shared/vocabulary/clock.ts'
import {
  type AccountRow,
  deleteSession,
  endSessions,
  expiredSessions,
  insertSession,
  setPassword,
} from '#collector/store/accounts.ts'
import type { Tx } from '#collector/store/schema.ts'
import { type Access, type Actor, record } from './acting.ts'
import { addressKey } from './address.ts'
import {
  type Account,
  accountOf,
  actorOf,
  type Authenticate,
  GATE,
  type SignInCounts,
  type SignInRefusal,
  stillOf,
} from './authenticate.ts'
import type { Failures } from './failures.ts'
import { faultOfPassword, hashPassword, type PasswordFault } from './password.ts'

/** Absolute: a shift and its overtime; then one signs in again. */
export const SESSION_MS = 12 * 3_600_000
/** Of one account; the oldest ends when one more begins. */
const MAX_SESSIONS = 8
const SWEPT_AT_ONCE = 100

export interface Session {
  readonly account: Account
  readonly csrf: string
  readonly expiresAt: number
  /** Which row it is; the cookie itself cannot be got back from it. */
  readonly hash: string
}
/** `cookie` goes to the browser and is kept nowhere. */
export type SignedIn = { ok: true; session: Session; cookie: string }
export type ChangeRefusal = SignInRefusal | { ok: false; reason: PasswordFault }

export const sessionEnds = ['signed-out', 'expired', 'displaced', 'password-changed'] as const
export type SessionEnd = (typeof sessionEnds)[number]

export interface SessionParts {
  readonly access: Access
  readonly clock: Clock
  readonly counts: SignInCounts
  readonly failures: Failures
  readonly authenticate: Authenticate
  /** Told of each session that ended, once that is committed. */
  readonly ended: (hashes: readonly string[], how: SessionEnd) => void
}

export const hashOfCookie = (cookie: string): string => createHash('sha256').update(cookie).digest('hex')

const ofAccount = (name: string) => ({ kind: 'account', id: name })
const endOf = (name: string, reason: SessionEnd) => ({ act: 'session.end', subject: ofAccount(name), reason })

/** A session, and the hashes of those that it ended. */
interface Begun {
  readonly signedIn: SignedIn
  readonly over: readonly string[]
}

/** The row that begins a session of an account, and what of it the browser gets. */
async function begin(tx: Tx, row: AccountRow, clock: Clock): Promise<SignedIn> {
  const cookie = randomBytes(32).toString('base64url')
  const csrf = randomBytes(32).toString('base64url')
  const now = clock.wall()
  const session: Session = { account: accountOf(row), csrf, expiresAt: now + SESSION_MS, hash: hashOfCookie(cookie) }
  const { hash, expiresAt } = session
  await insertSession(tx, { hash, account_id: row.id, csrf, created_at: now, expires_at: expiresAt })
  return { ok: true, session, cookie }
}

export async function signIn(
  { access, clock, counts, failures, authenticate, ended }: SessionParts,
  { name, password, ip }: { name: string; password: string; ip: string },
): Promise<SignedIn | SignInRefusal> {
  const known = await authenticate(name, password, ip)
  if (!known.ok) return known
  const actor = actorOf(accountOf(known.account), ip)
  const begun = await access.act(
    actor,
    (done: Begun | undefined) => done && { act: 'session.begin', subject: ofAccount(name) },
    async (tx) => {
      const account = await stillOf(tx, known.account)
      if (account === undefined) return undefined
      const over = await endSessions(tx, account.id, MAX_SESSIONS - 1)
      for (const _ of over) await record(tx, actor, endOf(name, 'displaced'), clock)
      return { signedIn: await begin(tx, account, clock), over }
    },
  )
  counts.signIn(begun === undefined ? 'wrong' : 'in')
  if (begun === undefined) {
    await failures.failed(actor, addressKey(ip))
    return { ok: false, reason: 'wrong' }
  }
  ended(begun.over, 'displaced')
  return begun.signedIn
}

export async function changePassword(
  { access, clock, authenticate, ended }: SessionParts,
  { account: { name } }: Session,
  { current, next, ip }: { current: string; next: string; ip: string },
): Promise<SignedIn | ChangeRefusal> {
  const known = await authenticate(name, current, ip)
  if (!known.ok) return known
  const fault = faultOfPassword(next, current)
  if (fault !== undefined) return { ok: false, reason: fault }
  const password_hash = await hashPassword(next)
  const changed = await access.act(
    actorOf(accountOf(known.account), ip),
    (done: Begun | undefined) => done && { act: 'password.change', subject: ofAccount(name) },
    async (tx) => {
      const account = await stillOf(tx, known.account)
      if (account === undefined) return undefined
      await setPassword(tx, account.id, { password_hash, must_change: 0 })
      const over = await endSessions(tx, account.id, 0)
      return { signedIn: await begin(tx, { ...account, password_hash, must_change: 0 }, clock), over }
    },
  )
  if (changed === undefined) return { ok: false, reason: 'wrong' }
  ended(changed.over, 'password-changed')
  return changed.signedIn
}

/** Ends that session, where it is still there. */
async function end({ access, ended }: SessionParts, hash: string, actor: Actor, how: SessionEnd): Promise<void> {
  const was = await access.act(
    actor,
    (is: boolean) => (is ? endOf(actor.name, how) : undefined),
    (tx) => deleteSession(tx, hash),
  )
  if (was) ended([hash], how)
}

export const signOut = (parts: SessionParts, { account, hash }: Session, ip: string): Promise<void> =>
  end(parts, hash, actorOf(account, ip), 'signed-out')

/** Records what is over: sessions whose time has come, and counts of failed sign-ins. */
export async function sweep(parts: SessionParts): Promise<void> {
  await parts.failures.settle()
  const over = await parts.access.ask(GATE, (tx) => expiredSessions(tx, parts.clock.wall(), SWEPT_AT_ONCE))
  for (const { hash, name, id } of over) await end(parts, hash, { kind: 'account', id: String(id), name }, 'expired')
}

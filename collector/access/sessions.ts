/** Sign-in, and the session that follows it: a random cookie of which only the hash is kept, and a token for changes. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '#shared/vocabulary/clock.ts'
import {
  type Account,
  accountByName,
  deleteSession,
  insertSession,
  sessionByHash,
  setPassword,
} from '#collector/store/accounts.ts'
import type { Db } from '#collector/store/schema.ts'
import { attempts } from './attempts.ts'
import { faultOfPassword, hashPassword, isPassword, type PasswordFault } from './password.ts'
import { RIGHT_BEFORE_CHANGE, type Right, rightsOfRole } from './rights.ts'

/** Absolute: a shift and its overtime; then one signs in again. */
export const SESSION_MS = 12 * 3_600_000
/** Of one account; the oldest ends when one more begins. */
const MAX_SESSIONS = 8

export interface Session {
  readonly account: Account
  readonly csrf: string
  readonly expiresAt: number
  /** Which row it is; the cookie itself cannot be got back from it. */
  readonly hash: string
}
/** `cookie` goes to the browser and is kept nowhere. */
export type SignedIn = { ok: true; session: Session; cookie: string }
export type SignInRefusal = { ok: false; reason: 'wrong' } | { ok: false; reason: 'too-many'; waitMs: number }
export type ChangeRefusal = SignInRefusal | { ok: false; reason: PasswordFault }

export interface Sessions {
  readonly signIn: (name: string, password: string, address: string) => Promise<SignedIn | SignInRefusal>
  readonly byCookie: (cookie: string) => Promise<Session | undefined>
  /** Every session of the account ends, this one too; the answer has the new one. */
  readonly changePassword: (
    session: Session,
    passwords: { current: string; next: string },
    address: string,
  ) => Promise<SignedIn | ChangeRefusal>
  readonly signOut: (session: Session) => Promise<void>
}

const hashOf = (cookie: string): string => createHash('sha256').update(cookie).digest('hex')

export const mayDo = (session: Session, right: Right): boolean =>
  rightsOfRole(session.account.role).includes(right) &&
  (session.account.must_change === 0 || right === RIGHT_BEFORE_CHANGE)

/** In a time that does not depend on where they differ. */
export const isToken = (session: Session, token: string): boolean =>
  token.length === session.csrf.length && timingSafeEqual(Buffer.from(token), Buffer.from(session.csrf))

export function openSessions(db: Db, clock: Clock): Sessions {
  const tried = attempts(clock)

  /** The account, where the password is right and may be tried now. */
  async function authenticate(
    name: string,
    password: string,
    address: string,
  ): Promise<{ ok: true; account: Account } | SignInRefusal> {
    const waitMs = tried.waitMs(name, address)
    if (waitMs > 0) return { ok: false, reason: 'too-many', waitMs }
    tried.failed(name, address) // counted before the work, so that a hundred at the same moment are a hundred
    const account = await accountByName(db, name)
    if (!(await isPassword(password, account?.password_hash)) || account === undefined)
      return { ok: false, reason: 'wrong' }
    tried.succeeded(name, address)
    return { ok: true, account }
  }

  async function begin(account: Account): Promise<SignedIn> {
    const cookie = randomBytes(32).toString('base64url')
    const csrf = randomBytes(32).toString('base64url')
    const now = clock.wall()
    const session: Session = { account, csrf, expiresAt: now + SESSION_MS, hash: hashOf(cookie) }
    await insertSession(
      db,
      { hash: session.hash, account_id: account.id, csrf, created_at: now, expires_at: session.expiresAt },
      MAX_SESSIONS,
    )
    return { ok: true, session, cookie }
  }

  return {
    async signIn(name, password, address) {
      const known = await authenticate(name, password, address)
      return known.ok ? begin(known.account) : known
    },
    async byCookie(cookie) {
      const hash = hashOf(cookie)
      const found = await sessionByHash(db, hash, clock.wall())
      return found && { ...found, hash }
    },
    async changePassword({ account: { name } }, { current, next }, address) {
      const known = await authenticate(name, current, address)
      if (!known.ok) return known
      const fault = faultOfPassword(next, current)
      if (fault !== undefined) return { ok: false, reason: fault }
      await setPassword(db, known.account.id, { password_hash: await hashPassword(next), must_change: 0 })
      return begin({ ...known.account, must_change: 0 })
    },
    signOut: (session) => deleteSession(db, session.hash),
  }
}

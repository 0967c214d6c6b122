/** Sign-in, and the session that follows it: a random cookie of which only the hash is kept, and a token for changes. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '#shared/vocabulary/clock.ts'
import {
  type AccountRow,
  deleteSession,
  endSessions,
  expiredSessions,
  insertSession,
  sessionByHash,
  setPassword,
} from '#collector/store/accounts.ts'
import type { Tx } from '#collector/store/schema.ts'
import { record, type Access, type Actor } from './acting.ts'
import { addressKey } from './address.ts'
import {
  type Account,
  accountOf,
  actorOf,
  GATE,
  openAuthentication,
  type SignInCounts,
  type SignInRefusal,
  stillOf,
} from './authenticate.ts'
import { openFailures } from './failures.ts'
import { faultOfPassword, hashPassword, type PasswordFault } from './password.ts'
import { RIGHT_BEFORE_CHANGE, type Right, rightsOfRole } from './rights.ts'

/** Absolute: a shift and its overtime; then one signs in again. */
export const SESSION_MS = 12 * 3_600_000
/** Of one account; the oldest ends when one more begins. */
const MAX_SESSIONS = 8
/** How soon a session that is over is recorded as such, and a minute's failed sign-ins are. It counts no more at once. */
const SWEEP_MS = 60_000
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
/** For `/metrics`. */
export interface SessionCounts extends SignInCounts {
  readonly sessionEnded: (how: (typeof sessionEnds)[number]) => void
}

export interface Sessions extends AsyncDisposable {
  readonly signIn: (name: string, password: string, address: string) => Promise<SignedIn | SignInRefusal>
  readonly byCookie: (cookie: string) => Promise<Session | undefined>
  /** Every session of the account ends, this one too; the answer has the new one. */
  readonly changePassword: (
    session: Session,
    passwords: { current: string; next: string },
    address: string,
  ) => Promise<SignedIn | ChangeRefusal>
  readonly signOut: (session: Session, address: string) => Promise<void>
  /** Called with the hash of each session that ends in this process, at once; returns what ends it. What ends it elsewhere
   *  (`user reset`) shows in `isOn`. */
  readonly onEnd: (listener: (hash: string) => void) => () => void
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
const hashOf = (cookie: string): string => sha256(cookie).toString('hex')

export const mayDo = ({ account }: Session, right: Right): boolean =>
  rightsOfRole(account.role).includes(right) && (!account.mustChange || right === RIGHT_BEFORE_CHANGE)

/** In a time that does not depend on where they differ; `token` may be any text. */
export const isToken = (session: Session, token: string): boolean =>
  timingSafeEqual(sha256(token), sha256(session.csrf))

/** Is that session still on? For whoever holds one open, within a transaction of their own. */
export const isOn = async (tx: Tx, { hash }: Session, now: number): Promise<boolean> =>
  (await sessionByHash(tx, hash, now)) !== undefined

/** A session, and the hashes of those that it ended. */
interface Begun {
  readonly signedIn: SignedIn
  readonly over: string[]
}

export function openSessions(access: Access, clock: Clock, counts: SessionCounts): Sessions {
  const failures = openFailures(access, clock)
  const authenticate = openAuthentication(access, { clock, counts, failures })
  const listeners = new Set<(hash: string) => void>()
  const ended = (hashes: readonly string[], how: (typeof sessionEnds)[number]): void => {
    for (const hash of hashes) {
      counts.sessionEnded(how)
      for (const listener of listeners) listener(hash)
    }
  }

  /** The row that begins a session of an account, and what of it the browser gets. */
  async function begin(tx: Tx, row: AccountRow): Promise<SignedIn> {
    const cookie = randomBytes(32).toString('base64url')
    const csrf = randomBytes(32).toString('base64url')
    const now = clock.wall()
    const session: Session = { account: accountOf(row), csrf, expiresAt: now + SESSION_MS, hash: hashOf(cookie) }
    const { hash, expiresAt } = session
    await insertSession(tx, { hash, account_id: row.id, csrf, created_at: now, expires_at: expiresAt })
    return { ok: true, session, cookie }
  }

  async function signIn(name: string, password: string, ip: string): Promise<SignedIn | SignInRefusal> {
    const known = await authenticate(name, password, ip)
    if (!known.ok) return known
    const actor = actorOf(accountOf(known.account), ip)
    const begun = await access.act(
      actor,
      (done: Begun | undefined) => done && { act: 'session.begin', subject: { kind: 'account', id: name } },
      async (tx) => {
        const account = await stillOf(tx, known.account)
        if (account === undefined) return undefined
        const over = await endSessions(tx, account.id, MAX_SESSIONS - 1)
        const about = { act: 'session.end', subject: { kind: 'account', id: name }, reason: 'displaced' }
        for (const _ of over) await record(tx, actor, about, clock)
        return { signedIn: await begin(tx, account), over }
      },
    )
    counts.signIn(begun === undefined ? 'wrong' : 'in')
    if (begun !== undefined) {
      ended(begun.over, 'displaced')
      return begun.signedIn
    }
    await failures.failed(actor, addressKey(ip))
    return { ok: false, reason: 'wrong' }
  }

  async function changePassword(
    { account: { name } }: Session,
    { current, next }: { current: string; next: string },
    ip: string,
  ): Promise<SignedIn | ChangeRefusal> {
    const known = await authenticate(name, current, ip)
    if (!known.ok) return known
    const fault = faultOfPassword(next, current)
    if (fault !== undefined) return { ok: false, reason: fault }
    const password_hash = await hashPassword(next)
    const changed = await access.act(
      actorOf(accountOf(known.account), ip),
      (done: Begun | undefined) => done && { act: 'password.change', subject: { kind: 'account', id: name } },
      async (tx) => {
        const account = await stillOf(tx, known.account)
        if (account === undefined) return undefined
        await setPassword(tx, account.id, { password_hash, must_change: 0 })
        const over = await endSessions(tx, account.id, 0)
        return { signedIn: await begin(tx, { ...account, password_hash, must_change: 0 }), over }
      },
    )
    if (changed === undefined) return { ok: false, reason: 'wrong' }
    ended(changed.over, 'password-changed')
    return changed.signedIn
  }

  async function signOut({ account, hash }: Session, ip: string): Promise<void> {
    const about = { act: 'session.end', subject: { kind: 'account', id: account.name }, reason: 'signed-out' }
    await access.act(
      actorOf(account, ip),
      (was) => (was ? about : undefined),
      (tx) => deleteSession(tx, hash),
    )
    ended([hash], 'signed-out')
  }

  /** Records what is over: sessions whose time has come, and counts of failed sign-ins. */
  async function sweep(): Promise<void> {
    await failures.settle()
    const over = await access.ask(GATE, (tx) => expiredSessions(tx, clock.wall(), SWEPT_AT_ONCE))
    for (const { hash, name, id } of over) {
      const about = { act: 'session.end', subject: { kind: 'account', id: name }, reason: 'expired' }
      const actor: Actor = { kind: 'account', id: String(id), name }
      const was = await access.act(
        actor,
        (is) => (is ? about : undefined),
        (tx) => deleteSession(tx, hash),
      )
      if (was) ended([hash], 'expired')
    }
  }

  const stopping = new AbortController()
  async function sweepOften(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.sleep(SWEEP_MS, stopping.signal)
      await sweep().catch(() => undefined) // the store takes nothing: `/health` says so, and the next round tries again
    }
    await failures.settle('all').catch(() => undefined)
  }
  const sweeping = sweepOften()

  return {
    signIn,
    async byCookie(cookie) {
      const hash = hashOf(cookie)
      const found = await access.ask(GATE, (tx) => sessionByHash(tx, hash, clock.wall()))
      return found && { account: accountOf(found.account), csrf: found.csrf, expiresAt: found.expiresAt, hash }
    },
    changePassword,
    signOut,
    onEnd(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await sweeping
    },
  }
}

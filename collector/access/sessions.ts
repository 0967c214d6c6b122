/** Sign-in, and the session that follows it: a random cookie of which only the hash is kept, and a token for changes. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { sessionByHash } from '#collector/store/accounts.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Access } from './acting.ts'
import { accountOf, GATE, openAuthentication, type SignInCounts, type SignInRefusal } from './authenticate.ts'
import { openFailures } from './failures.ts'
import { RIGHT_BEFORE_CHANGE, type Right, rightsOfRole } from './rights.ts'
import {
  changePassword,
  type ChangeRefusal,
  hashOfCookie,
  type Session,
  type SessionEnd,
  type SessionParts,
  type SignedIn,
  signIn,
  signOut,
  sweep,
} from './session-acts.ts'

/** How soon a session that is over is recorded as such, and a minute's failed sign-ins are. It counts no more at once. */
const SWEEP_MS = 60_000

/** For `/metrics`. */
export interface SessionCounts extends SignInCounts {
  readonly sessionEnded: (how: SessionEnd) => void
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

export const mayDo = ({ account }: Session, right: Right): boolean =>
  rightsOfRole(account.role).includes(right) && (!account.mustChange || right === RIGHT_BEFORE_CHANGE)

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** In a time that does not depend on where they differ; `token` may be any text. */
export const isToken = (session: Session, token: string): boolean =>
  timingSafeEqual(sha256(token), sha256(session.csrf))

/** Is that session still on? For whoever holds one open, within a transaction of their own. */
export const isOn = async (tx: Tx, { hash }: Session, now: number): Promise<boolean> =>
  (await sessionByHash(tx, hash, now)) !== undefined

/** Disposing records what has been counted so far. */
export function openSessions(access: Access, clock: Clock, counts: SessionCounts): Sessions {
  const listeners = new Set<(hash: string) => void>()
  const failures = openFailures(access, clock)
  const authenticate = openAuthentication(access, { clock, counts, failures })
  const ended: SessionParts['ended'] = (hashes, how) => {
    for (const hash of hashes) {
      counts.sessionEnded(how)
      for (const listener of listeners) listener(hash)
    }
  }
  const parts: SessionParts = { access, clock, counts, failures, authenticate, ended }
  const stopping = new AbortController()
  const sweeping = sweepOften(parts, stopping.signal)
  return {
    signIn: (name, password, ip) => signIn(parts, { name, password, ip }),
    async byCookie(cookie) {
      const hash = hashOfCookie(cookie)
      const found = await access.ask(GATE, (tx) => sessionByHash(tx, hash, clock.wall()))
      return found && { account: accountOf(found.account), csrf: found.csrf, expiresAt: found.expiresAt, hash }
    },
    changePassword: (session, passwords, ip) => changePassword(parts, session, { ...passwords, ip }),
    signOut: (session, ip) => signOut(parts, session, ip),
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

async function sweepOften(parts: SessionParts, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    await parts.clock.sleep(SWEEP_MS, stopping)
    await sweep(parts).catch(() => undefined) // the store takes nothing: `/health` says so, and the next round tries again
  }
  await parts.failures.settle('all').catch(() => undefined)
}

/** Looking at one thing in all detail is recorded: once for each time that somebody opens it, however often the page asks
 *  again while it is open. What cannot be recorded is not shown. */
import type { Tx } from '#collector/store/schema.ts'
import type { Access, Actor } from './acting.ts'

/** × about 150 bytes; what is forgotten is recorded once more. */
const MAX_VIEWS = 10_000

export interface View {
  readonly subject: { readonly kind: string; readonly id: string }
  /** Which session looks. */
  readonly session: string
  /** Which time it was opened, as the page says it; undefined: a look is an opening of its own. */
  readonly opening: string | undefined
}

export interface Views {
  /** What `run` gives, in the transaction that records the view; where `run` throws, there was nothing to see. Rejects with
   *  StoreTakesNothingError where it cannot be recorded. */
  readonly see: <T>(actor: Actor, view: View, run: (tx: Tx) => Promise<T>) => Promise<T>
}

export function openViews(access: Access): Views {
  /** True once the record is committed, false where it could not be. */
  const recorded = new Map<string, Promise<boolean>>()

  return {
    async see(actor, { subject, session, opening }, run) {
      const about = { act: `${subject.kind}.view`, subject }
      if (opening === undefined) return access.act(actor, about, run)
      const key = JSON.stringify([session, subject.kind, subject.id, opening])
      if ((await recorded.get(key)) === true) return access.ask(actor, run)
      const seen = access.act(actor, about, run)
      const settled = seen.then(
        () => true,
        () => recorded.delete(key) && false,
      )
      recorded.set(key, settled)
      const [oldest] = recorded.keys()
      if (recorded.size > MAX_VIEWS && oldest !== undefined) recorded.delete(oldest)
      return seen
    },
  }
}

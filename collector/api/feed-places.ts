/** How many feeds there may be, so that one account does not take them from the others. */
import { Problem } from './problem.ts'

export const feedBounds = ['all', 'account'] as const
export type FeedBound = (typeof feedBounds)[number]

/** Browsers of all people together. */
const MAX_CLIENTS = 64
/** A browser has one for all of its tabs: twice the sessions that an account may have. */
const MAX_OF_ACCOUNT = 16
const COME_BACK = { retryAfterSeconds: 30 }

export interface Places {
  /** Disposing gives it back. Throws Problem where there is none; whoever comes first keeps theirs. */
  readonly take: (account: number) => Disposable
}

/** `refused` hears of each that is sent away. Who is served is counted from the asking on: those that ask at the same moment
 *  get no more than there is. */
export function openPlaces(refused: (bound: FeedBound) => void): Places {
  const taken = new Map<number, number>()
  let all = 0
  return {
    take(account) {
      const own = taken.get(account) ?? 0
      if (own >= MAX_OF_ACCOUNT) {
        refused('account')
        throw new Problem(
          'too-many-requests',
          `${MAX_OF_ACCOUNT} feeds of this account are open; close one.`,
          COME_BACK,
        )
      }
      if (all >= MAX_CLIENTS) {
        refused('all')
        throw new Problem('unavailable', `${MAX_CLIENTS} browsers are served already.`, COME_BACK)
      }
      taken.set(account, own + 1)
      all += 1
      return {
        [Symbol.dispose]() {
          all -= 1
          const left = (taken.get(account) ?? 1) - 1
          if (left > 0) taken.set(account, left)
          else taken.delete(account)
        },
      }
    },
  }
}

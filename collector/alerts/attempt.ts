/** An errand is one thing that is to go to one mailbox; an attempt at it is noted in the store, made within a time limit, and
 *  its end recorded. */
import { backOff } from '#base/back-off.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Store } from '#collector/store/database.ts'
import type { AfterAttempt } from '#collector/store/mailboxes.ts'
import type { Channel, Delivery } from './channels/channel.ts'
import type { Letter } from './letter.ts'

export type Keeping = Pick<Store, 'write' | 'read'>

export interface Beginning {
  /** ms since 1970. */
  readonly now: number
  /** When what was tried so often is tried again, if we die in it. */
  readonly again: (attempts: number) => number
  /** When the mailbox is tried again, likewise. */
  readonly mailboxAgain: number
}

export interface Ending extends AfterAttempt {
  readonly delivery: Delivery
  readonly now: number
  readonly again: (attempts: number) => number
}

export interface Errand {
  /** What it tells is marked before it goes, so that it comes again if we die. Undefined: there is nothing after all. */
  readonly begin: (store: Keeping, beginning: Beginning) => Promise<Letter | undefined>
  /** May be called again where it failed. */
  readonly end: (store: Keeping, ending: Ending) => Promise<void>
}

/** A mail server that has said nothing by then is not well. */
const ATTEMPT_LIMIT_MS = 20_000
const RECORD_AGAIN_MS = 1_000
const FIRST_BACK_OFF_MS = 1_000
const LONGEST_BACK_OFF_MS = 5 * 60_000
/** A mailbox as a whole is looked at again sooner: once it takes mail, new alerts do not wait for it. */
const LONGEST_MAILBOX_BACK_OFF_MS = 60_000
/** So many failures in a row were the mailbox's, not one mail's: when it goes well again, all are tried at once. */
const RECOVERY_FAILURES = 3

export const backOffMs = backOff(FIRST_BACK_OFF_MS, LONGEST_BACK_OFF_MS)
const mailboxBackOffMs = backOff(FIRST_BACK_OFF_MS, LONGEST_MAILBOX_BACK_OFF_MS)

/** Undefined: there was nothing to send. Resolves when the end is in the store. Rejects before anything was sent, where the
 *  store cannot be written. After `giveUp` the attempt is broken off and what it came to is still recorded, once.
 *  `failures`: attempts in a row with that mailbox that did not go well. */
export async function attempt(
  errand: Errand,
  { channel, failures }: { channel: Channel; failures: number },
  { store, clock }: { store: Keeping; clock: Clock },
  giveUp: AbortSignal,
): Promise<Delivery | undefined> {
  const again = (attempts: number): number => clock.wall() + backOffMs(attempts, Math.random())
  const mailboxAgain = clock.wall() + mailboxBackOffMs(failures + 1, Math.random())
  const letter = await errand.begin(store, { now: clock.wall(), again, mailboxAgain })
  if (letter === undefined) return undefined
  const delivery = await send(letter, channel, clock, giveUp)
  const ending = { ...afterwards(delivery, { failures, clock }), delivery, now: clock.wall(), again }
  // Until this is written the mailbox keeps its place in flight: what was sent and is not recorded must not go again.
  for (;;)
    try {
      await errand.end(store, ending)
      return delivery
    } catch (error) {
      if (giveUp.aborted) throw error
      await clock.sleep(RECORD_AGAIN_MS, giveUp)
    }
}

/** Within the limit. A channel that throws may have sent it. */
export async function send(letter: Letter, channel: Channel, clock: Clock, giveUp: AbortSignal): Promise<Delivery> {
  const over = new AbortController()
  const limit = new AbortController()
  const timer = clock.sleep(ATTEMPT_LIMIT_MS, AbortSignal.any([over.signal, giveUp])).then(() => limit.abort())
  try {
    return await channel.send(letter, limit.signal)
  } catch (error) {
    return { outcome: 'unseen', reason: `The channel failed: ${error instanceof Error ? error.name : 'unknown'}` }
  } finally {
    over.abort()
    await timer
  }
}

/** A server that refuses an alert for good is well; so is one that takes it. */
function afterwards(
  delivery: Delivery,
  { failures, clock }: { failures: number; clock: Clock },
): Pick<Ending, 'seen' | 'failures' | 'nextAt' | 'error' | 'recovered'> {
  const { outcome } = delivery
  if (outcome === 'delivered' || outcome === 'refused')
    return {
      seen: true,
      failures: 0,
      nextAt: 0,
      error: outcome === 'refused' ? delivery.reason : undefined,
      recovered: failures >= RECOVERY_FAILURES,
    }
  const nextAt = clock.wall() + mailboxBackOffMs(failures + 1, Math.random())
  return { seen: outcome === 'retry', failures: failures + 1, nextAt, error: delivery.reason, recovered: false }
}

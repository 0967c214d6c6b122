/** One attempt to send one alert: noted, made within a time limit, its end recorded. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import { beginAttempt, endAttempt, type AttemptEnd, type DueAlert } from '#collector/store/alerts.ts'
import type { Db } from '#collector/store/schema.ts'
import type { Channel, Delivery } from './channels/channel.ts'

/** A mail server that has said nothing by then is not well. */
const ATTEMPT_LIMIT_MS = 20_000
const RECORD_AGAIN_MS = 1_000
const FIRST_BACK_OFF_MS = 1_000
export const LONGEST_BACK_OFF_MS = 5 * 60_000

/** Full jitter over a span that doubles with each attempt, from 1 s to 5 minutes; for ever. `random`: 0 to 1. */
export function backOffMs(attempts: number, random: number): number {
  const span = Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** Math.min(attempts, 16))
  return Math.round(FIRST_BACK_OFF_MS + random * (span - FIRST_BACK_OFF_MS))
}

/** Resolves when the end is in the store. Rejects before anything was sent, where the store cannot be written. After
 *  `giveUp` the attempt is broken off and what it came to is still recorded, once. */
export async function attempt(
  alert: DueAlert,
  channel: Channel,
  { db, clock }: { db: Db; clock: Clock },
  giveUp: AbortSignal,
): Promise<Delivery> {
  const again = (): number => clock.wall() + backOffMs(alert.attempts + 1, Math.random())
  await beginAttempt(db, alert.id, again())
  const delivery = await send(alert, channel, clock, giveUp)
  const end = endOf(delivery, clock.wall(), again())
  // Until this is written the alert keeps its place in flight: what was sent and is not recorded must not go again.
  for (;;)
    try {
      await endAttempt(db, alert.id, end)
      return delivery
    } catch (error) {
      if (giveUp.aborted) throw error
      await clock.sleep(RECORD_AGAIN_MS, giveUp)
    }
}

async function send(alert: DueAlert, channel: Channel, clock: Clock, giveUp: AbortSignal): Promise<Delivery> {
  const over = new AbortController()
  const limit = new AbortController()
  const timer = clock.sleep(ATTEMPT_LIMIT_MS, AbortSignal.any([over.signal, giveUp])).then(() => limit.abort())
  try {
    return await channel.send(alert, limit.signal)
  } catch (error) {
    return { outcome: 'unseen', reason: `The channel failed: ${error instanceof Error ? error.name : 'unknown'}` }
  } finally {
    over.abort()
    await timer
  }
}

function endOf(delivery: Delivery, now: number, nextAt: number): AttemptEnd {
  const { outcome } = delivery
  if (outcome === 'delivered') return { state: 'delivered', at: now }
  if (outcome === 'refused') return { state: 'refused', error: delivery.reason }
  return { state: 'waiting', nextAt, error: delivery.reason, unseen: outcome === 'unseen' }
}

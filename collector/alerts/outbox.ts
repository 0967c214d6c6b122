/** Takes due alerts from the store and sends them: dedupe is the row's id, then one attempt, then the record. What waits,
 *  when it is tried again and how often it was are rows, so that a restart changes nothing. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import { dueAlerts, redirectAlerts, type DueAlert } from '#collector/store/alerts.ts'
import type { Db } from '#collector/store/schema.ts'
import { attempt, LONGEST_BACK_OFF_MS } from './attempt.ts'
import type { Channel, Delivery } from './channels/channel.ts'
import { alertId } from './due.ts'
import { NO_MAIL } from './routes.ts'

export interface Outbox extends AsyncDisposable {
  /** Alerts were committed: look now. */
  readonly wake: () => void
}

interface Dependencies {
  readonly db: Db
  readonly clock: Clock
  readonly log: { warn: (message: string, fields?: Record<string, unknown>) => unknown }
}

/** Attempts at one time, each a connection to the mail server; what is over waits in its row. */
const MAX_IN_FLIGHT = 4
/** What rings no bell (a retry whose time has come) is found by looking this often. */
const TICK_MS = 1_000
/** Attempts in flight when we stop may end within this, out of the 5 s that the whole collector has. */
const STOP_GRACE_MS = 2_000

/** Alerts that wait for a channel which is not among these go to these; without any, all wait. */
export async function startOutbox(
  { channels }: { channels: readonly Channel[] },
  { db, clock, log }: Dependencies,
): Promise<Outbox> {
  const byName = new Map(channels.map((channel) => [channel.name, channel]))
  const names = [...byName.keys()]
  await redirectAlerts(db, names.length === 0 ? [NO_MAIL] : names, alertId)

  const stop = new AbortController()
  const giveUp = new AbortController()
  const inFlight = new Map<string, Promise<void>>()
  const bell = makeBell(clock)
  const say = onceAChange(log)

  async function deliver(alert: DueAlert, channel: Channel): Promise<void> {
    try {
      const delivery = await attempt(alert, channel, { db, clock }, giveUp.signal)
      say('store', undefined)
      say(channel.name, troubleOf(delivery))
    } catch (error) {
      say('store', storeTrouble(error))
      await clock.sleep(TICK_MS, stop.signal)
    }
    inFlight.delete(alert.id)
    bell.ring()
  }

  async function startDue(): Promise<number> {
    const free = MAX_IN_FLIGHT - inFlight.size
    if (free === 0) return 0
    // Some of those in flight may look due as well; with as many as may be in flight, at least `free` are others.
    const range = { now: clock.wall(), longestMs: LONGEST_BACK_OFF_MS, limit: MAX_IN_FLIGHT }
    const due = await dueAlerts(db, { channels: names, ...range })
    const fresh = due.filter(({ id }) => !inFlight.has(id)).slice(0, free)
    for (const alert of fresh) {
      const channel = byName.get(alert.channel)
      if (channel !== undefined) inFlight.set(alert.id, deliver(alert, channel))
    }
    return fresh.length
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      const rung = bell.rung() // before looking: a commit while we look is not missed
      const started = await startDue().catch((error: unknown) => {
        say('store', storeTrouble(error))
        return 0
      })
      if (started === 0) await bell.wait(rung, TICK_MS)
    }
  }

  const running = run()
  return {
    wake: bell.ring,
    async [Symbol.asyncDispose]() {
      stop.abort()
      bell.ring()
      await running
      const ended = new AbortController()
      const patience = clock.sleep(STOP_GRACE_MS, ended.signal).then(() => giveUp.abort())
      await Promise.all(inFlight.values())
      ended.abort()
      await patience
    },
  }
}

/** Rings are counted, not heard: whoever counted before looking misses none. */
function makeBell(clock: Clock): {
  ring: () => void
  rung: () => number
  wait: (since: number, ms: number) => Promise<void>
} {
  let count = 0
  let waiting = new AbortController()
  return {
    ring() {
      count += 1
      waiting.abort()
    },
    rung: () => count,
    async wait(since, ms) {
      if (count !== since) return
      waiting = new AbortController()
      await clock.sleep(ms, waiting.signal)
    },
  }
}

type Trouble = { readonly what: string; readonly reason: string } | undefined

/** A channel that fails a thousand times in one way is one line; so is its recovery. One entry a channel. */
function onceAChange(log: Dependencies['log']): (channel: string, trouble: Trouble) => void {
  const last = new Map<string, string | undefined>()
  return (channel, trouble) => {
    if (last.get(channel) === trouble?.reason) return
    last.set(channel, trouble?.reason)
    log.warn(trouble?.what ?? 'Alerts go out again', { channel, reason: trouble?.reason })
  }
}

const troubleOf = (delivery: Delivery): Trouble => {
  if (delivery.outcome === 'delivered') return undefined
  const what = delivery.outcome === 'refused' ? 'An alert was refused for good' : 'Alerts do not go out, will retry'
  return { what, reason: delivery.reason }
}

const storeTrouble = (error: unknown): Trouble => ({
  what: 'The outbox cannot use the store, will retry',
  reason: String(error),
})

/** Sends what waits in the store, one mail at a time to each mailbox, so that one that fails delays no other. What waits,
 *  when it is tried again and how often it was are rows, so that a restart changes nothing. */
import { randomUUID } from 'node:crypto'
import { makeBell } from '#base/bell.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { addMailboxes, beginDaily, type LookedAt } from '#collector/store/mailboxes.ts'
import { attempt, send, type Keeping } from './attempt.ts'
import type { Channel, Delivery } from './channels/channel.ts'
import { newestDaily } from './daily.ts'
import { openAlertHealth, type HealthConditions } from './health.ts'
import { nextErrand, type Daily } from './next.ts'
import { redirectLost } from './redirect.ts'
import { openRounds } from './rounds.ts'
import { NO_MAIL } from './routes.ts'

export interface Outbox extends AsyncDisposable {
  /** Alerts were committed, or a person asked for one again: look now. */
  readonly wake: () => void
  /** The configured ones: what the commit tells. */
  readonly mailboxes: readonly string[]
  /** One mail to a mailbox, at once and within 20 s; nothing of it is kept. `busy`: one is under way there. */
  readonly test: (mailbox: string, by: string) => Promise<Delivery | 'unknown-mailbox' | 'busy'>
  /** For `/metrics`. */
  readonly lines: () => string[]
}

export interface OutboxConfig {
  /** News that wait for a mailbox which is not among these go to these; without any, all wait. */
  readonly channels: readonly Channel[]
  readonly daily?: Daily | undefined
}

interface Dependencies {
  readonly store: Keeping
  readonly clock: Clock
  readonly conditions: HealthConditions
  readonly log: { warn: (message: string, fields?: Record<string, unknown>) => unknown }
}

/** What rings no bell (a pause that ends, a retry whose time has come) is found by looking this often. */
const TICK_MS = 1_000
/** Attempts in flight when we stop may end within this, out of the 5 s that the whole collector has. */
const STOP_GRACE_MS = 2_000

/** Runs when it returns, whether the store takes anything yet or not. */
export function startOutbox(
  { channels, daily }: OutboxConfig,
  { store, clock, conditions, log }: Dependencies,
): Outbox {
  const byName = new Map(channels.map((channel) => [channel.name, channel]))
  const mailboxes = byName.size === 0 ? [NO_MAIL] : [...byName.keys()]
  const stop = new AbortController()
  const giveUp = new AbortController()
  const bell = makeBell(stop.signal)
  const say = onceAChange(log)
  const health = openAlertHealth({ store, clock, conditions, mailboxes })
  let isSettled = false
  const settled = (): boolean => isSettled
  const rounds = openRounds(byName, { store, clock, daily }, async (mailbox, channel) => {
    if ((await orStoreTrouble(() => deliver(mailbox, channel))) === true) bell.ring()
  })

  /** Was there anything to send? */
  async function deliver(mailbox: LookedAt, channel: Channel): Promise<boolean> {
    const errand = await nextErrand(mailbox, { store, clock, daily, conditions: conditions.all, settled })
    const { failures } = mailbox
    const delivery = errand && (await attempt(errand, { channel, failures }, { store, clock }, giveUp.signal))
    if (errand !== undefined) say('store', undefined)
    if (delivery === undefined) return false
    health.count(delivery)
    say(channel.name, troubleOf(delivery))
    return true
  }

  /** Undefined where the store failed; then not at once again. */
  async function orStoreTrouble<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act()
    } catch (error) {
      say('store', storeTrouble(error))
      await clock.sleep(TICK_MS, stop.signal)
      return undefined
    }
  }

  async function prepare(): Promise<true> {
    const newest = daily && newestDaily(clock, daily.at)
    await store.write(async (tx) => {
      await addMailboxes(tx, mailboxes)
      await beginDaily(tx, daily?.mailboxes ?? [], newest ?? null)
    })
    return true
  }

  async function settle(): Promise<true> {
    await redirectLost(store, mailboxes, stop.signal)
    isSettled = true
    bell.ring()
    return true
  }

  async function untilDone(act: () => Promise<true>): Promise<void> {
    while (!stop.signal.aborted && (await orStoreTrouble(act)) === undefined);
  }

  async function run(): Promise<void> {
    await untilDone(prepare)
    const settling = untilDone(settle) // what is new meanwhile does not wait for it
    while (!stop.signal.aborted) {
      await orStoreTrouble(health.look)
      await orStoreTrouble(rounds.begin)
      await bell.rung((until) => clock.sleep(TICK_MS, until)) // also where it rang while we looked
    }
    await settling
  }

  const running = run()
  return {
    wake: bell.ring,
    mailboxes,
    test: tester(byName, clock, giveUp.signal),
    lines: health.lines,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      const ended = new AbortController()
      const patience = clock.sleep(STOP_GRACE_MS, ended.signal).then(() => giveUp.abort())
      await rounds.ended()
      ended.abort()
      await patience
    },
  }
}

/** Beside the outbox: whoever asks is told what came of it, and nothing waits for it. */
function tester(channels: ReadonlyMap<string, Channel>, clock: Clock, giveUp: AbortSignal): Outbox['test'] {
  const underWay = new Set<string>()
  return async (mailbox, by) => {
    const channel = channels.get(mailbox)
    if (channel === undefined) return 'unknown-mailbox'
    if (underWay.has(mailbox)) return 'busy'
    underWay.add(mailbox)
    try {
      return await send({ about: 'test', id: `test.${randomUUID()}`, by, at: clock.wall() }, channel, clock, giveUp)
    } finally {
      underWay.delete(mailbox)
    }
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

/** The way to the collector: runs the session's state machine against a real connection and the journal. */
import type { Conditions } from '#agent/conditions.ts'
import type { Identity } from '#agent/identity/identity.ts'
import { peerOf, type Credentials } from '#agent/identity/pinned.ts'
import { JournalFullError } from '#agent/journal/format.ts'
import type { FirstLine, Journal } from '#agent/journal/journal.ts'
import { makeAlarm } from '#base/alarm.ts'
import type { Log } from '#base/log.ts'
import { openReceipt, signCheckpoint } from '#shared/evidence/checkpoint.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { writeEntries } from '#shared/wire/entries.ts'
import type { MessageHeader, Message } from '#shared/wire/messages.ts'
import { openConnection, type Connection } from './connection.ts'
import type { Documents } from './documents.ts'
import { openFaults } from './faults.ts'
import { ourWords } from './our-words.ts'
import {
  beginSession,
  isDrained,
  stepSession,
  type SessionEffect,
  type SessionInput,
  type SessionState,
} from './session.ts'
import type { TrustedTime } from './trusted-time.ts'

export interface UplinkOptions {
  /** Tried in turn. */
  readonly collectors: readonly string[]
  readonly credentials: Credentials
  readonly version: string
  readonly boot: string
  /** The first line of a log that has to begin anew. */
  readonly first: FirstLine
}

export interface UplinkDependencies {
  readonly journal: Journal
  readonly identity: Identity
  readonly documents: Documents
  readonly trusted: TrustedTime
  readonly conditions: Conditions
  readonly clock: Clock
  readonly log: Log
  /** What cannot be gone on from. */
  readonly crash: (error: unknown) => void
}

/** Takes the next page of the greeting off those that are left. */
function nextPage(link: { pages: readonly MessageHeader[] }): MessageHeader {
  const [page, ...rest] = link.pages
  if (page === undefined) throw new TypeError('A greeting has no further page.')
  link.pages = rest
  return page
}

/** At the end it sends what is left, for so long. */
const DRAIN_MS = 2_000

/** Disposing it sends what is there, for 2 s at most, says `bye`, and closes within another second. */
export function startUplink(options: UplinkOptions, dependencies: UplinkDependencies): AsyncDisposable {
  const { journal, identity, documents, trusted, conditions, clock, log, crash } = dependencies
  const stop = new AbortController()
  let state: SessionState = beginSession(clock.monotonic())
  const words = ourWords(options, dependencies)
  const faults = openFaults(conditions, log)
  let attempts = 0
  /** `pages`: of the greeting that are not said yet. */
  let link: { readonly cut: AbortController; pages: readonly MessageHeader[]; connection?: Connection } | undefined
  let repairs: Promise<unknown> = Promise.resolve() // of the journal, before the next greeting
  let drained: (() => void) | undefined
  let leaving = false

  const dispatch = (input: SessionInput): void => {
    const [next, effects] = stepSession(state, input, clock.monotonic())
    state = next
    for (const effect of effects) perform(effect)
    if (isDrained(state) || state.at === 'waiting') drained?.()
    if (state.at === 'streaming' || leaving) alarm.stop()
    else alarm.set(Math.max(0, state.until - clock.monotonic()))
  }
  const alarm = makeAlarm(clock.sleep, () => dispatch({ type: 'tick' }))
  const perform = (effect: SessionEffect): void => {
    switch (effect.do) {
      case 'connect':
        return void guarded(connect())
      case 'greet':
        return greetOn()
      case 'send':
        return void guarded(send(effect.epoch, effect.from))
      case 'acknowledge':
        trusted.heard(effect.receipt.seconds)
        return void guarded(journal.acknowledge(effect.receipt, effect.note))
      case 'begin-anew':
        log.warn('The collector does not take a log as it goes on; recording goes on in a new one', {
          epoch: effect.epoch,
        })
        return void (repairs = guarded(journal.beginAnew(effect.epoch, options.first)))
      case 'bury':
        return void (repairs = guarded(journal.bury(effect.epoch, effect.index, effect.reason)))
      case 'close':
        link?.connection?.close()
        if (link?.connection === undefined) link?.cut.abort()
    }
  }
  /** A full disk ends the connection, and is tried again with the next; anything else is a fault of ours. */
  const guarded = (work: Promise<unknown>): Promise<unknown> =>
    work.catch((error: unknown) => {
      if (error instanceof JournalFullError) link?.connection?.close()
      else crash(error)
    })

  const connect = async (): Promise<void> => {
    await repairs
    const collector = options.collectors[attempts++ % options.collectors.length] ?? ''
    const cut = new AbortController()
    const mine: NonNullable<typeof link> = { cut, pages: [] }
    link = mine
    const closed = (why: string): void => {
      if (link !== mine) return
      link = undefined
      if (!leaving) faults.down(why)
      dispatch({ type: 'closed', chance: Math.random() })
    }
    const whileMine = async (message: Message): Promise<void> => {
      if (link === mine) await guarded(take(message))
    }
    try {
      const signal = AbortSignal.any([cut.signal, stop.signal])
      const hooks = {
        hello: () => {
          const { pages, body } = words.hello()
          mine.pages = pages
          return { header: nextPage(mine), body }
        },
        heartbeat: words.heartbeat,
        message: whileMine,
        unknown: faults.unknown,
      }
      mine.connection = await openConnection(peerOf(collector), options.credentials, hooks, { clock, signal })
    } catch (error) {
      return closed(error instanceof Error ? error.message : String(error))
    }
    faults.dates(mine.connection.skew)
    void mine.connection.closed.then(closed)
  }
  const greetOn = (): void => {
    if (link !== undefined) link.connection?.send(nextPage(link))
  }
  const send = async (epoch: string, from: number): Promise<void> => {
    const { connection } = link ?? {}
    const batch = await journal.read(epoch, from)
    if (connection === undefined || connection !== link?.connection) return
    if (batch === undefined || batch.entries.length === 0) return connection.close() // the log changed: greet anew
    const checkpoint = signCheckpoint({ agent: identity.agent, epoch, frontier: batch.frontier }, identity.signer)
    connection.send({ type: 'events', epoch, from }, writeEntries(batch.entries, checkpoint))
    dispatch({ type: 'sent', epoch, next: batch.frontier.size })
  }

  const take = async ({ header, body }: Message): Promise<void> => {
    switch (header.type) {
      case 'welcome':
        faults.up()
        return dispatch({
          type: 'welcome',
          logs: journal.logs(),
          welcome: header,
          more: link !== undefined && link.pages.length > 0,
        })
      case 'receipt':
        return takeReceipt(body.toString('utf8'))
      case 'document': {
        const applied = await documents.take(header, body.toString('utf8'))
        if (applied) link?.connection?.send({ type: 'applied', ...applied })
        return
      }
      case 'bye':
        faults.bye(header)
        return dispatch({ type: 'bye', bye: header, chance: Math.random() })
      case 'heartbeat':
        return // that it came is what it says
      case 'hello':
      case 'events':
      case 'applied':
        link?.connection?.close() // no collector says this
    }
  }
  const takeReceipt = async (note: string): Promise<void> => {
    const receipt = openReceipt(note, documents.receiptKeys())
    if (receipt === undefined || receipt.agent !== identity.agent) {
      faults.receipt()
      return link?.connection?.close()
    }
    const root = await journal.root(receipt.epoch, receipt.size)
    faults.taken()
    dispatch({ type: 'receipt', receipt, note, ours: root?.equals(receipt.root) === true })
  }
  const ungrown = journal.onGrown(() => {
    const newest = journal.newest()
    if (newest && state.at === 'streaming') dispatch({ type: 'grown', newest })
  })
  dispatch({ type: 'tick' })

  return {
    async [Symbol.asyncDispose]() {
      if (state.at === 'streaming' && !isDrained(state)) {
        const enough = new AbortController()
        drained = () => enough.abort()
        await clock.sleep(DRAIN_MS, enough.signal)
      }
      leaving = true
      ungrown()
      alarm.stop()
      const connection = link?.connection
      connection?.send({ type: 'bye', reason: 'service-stop' })
      connection?.close()
      if (connection === undefined) link?.cut.abort()
      await connection?.closed
      stop.abort()
      await repairs
    },
  }
}

/** The uplink as a state machine without I/O: (state, input, now) → (state, effects). `now` is monotonic, ms. Epochs are
 *  sent one at a time, oldest first, each from where the collector is. */
import { backOffMs } from '#agent/back-off.ts'
import type { LogState } from '#agent/journal/journal.ts'
import type { Receipt } from '#shared/evidence/checkpoint.ts'
import type { HeaderOf, Refusal } from '#shared/wire/messages.ts'

/** How far one log is on its way. */
export interface Progress {
  readonly epoch: string
  readonly size: number
  /** Index of the next entry to send. */
  readonly next: number
  /** What this collector has given a receipt for. */
  readonly held: number
}

/** Of epochs, what the collector holds. */
type Stored = HeaderOf<'welcome'>['epochs']

export type SessionState =
  | { readonly at: 'waiting'; readonly until: number; readonly failures: number }
  /** Connecting, or waiting for the welcome to a page of our greeting; `stored`: what those before it said. */
  | { readonly at: 'greeting'; readonly until: number; readonly failures: number; readonly stored: Stored }
  | {
      readonly at: 'streaming'
      readonly failures: number
      readonly window: number
      readonly logs: readonly Progress[]
      /** Messages without their receipt. */
      readonly unanswered: number
      /** A message is being read from the journal. */
      readonly reading: boolean
    }

export type SessionInput =
  | { readonly type: 'tick' }
  | {
      readonly type: 'welcome'
      readonly logs: readonly LogState[]
      readonly welcome: Pick<HeaderOf<'welcome'>, 'epochs' | 'window'>
      /** Another page of our greeting has to be said first. */
      readonly more: boolean
    }
  | { readonly type: 'grown'; readonly newest: LogState }
  | { readonly type: 'sent'; readonly epoch: string; readonly next: number }
  /** `ours`: its root is that of our own log at this size. */
  | { readonly type: 'receipt'; readonly receipt: Receipt; readonly note: string; readonly ours: boolean }
  | { readonly type: 'bye'; readonly bye: Omit<HeaderOf<'bye'>, 'type'>; readonly chance: number }
  /** `chance`: from 0 up to 1, for the back-off. */
  | { readonly type: 'closed'; readonly chance: number }

export type SessionEffect =
  | { readonly do: 'connect' }
  /** Say the next page of the greeting. */
  | { readonly do: 'greet' }
  | { readonly do: 'send'; readonly epoch: string; readonly from: number }
  | { readonly do: 'acknowledge'; readonly receipt: Receipt; readonly note: string }
  | { readonly do: 'begin-anew'; readonly epoch: string }
  | { readonly do: 'bury'; readonly epoch: string; readonly index: number; readonly reason: Refusal }
  | { readonly do: 'close' }

/** From connecting to the welcome, and from each page of the greeting to its own. */
const GREETING_MS = 20_000

/** True where the collector has given a receipt for all that there is. */
export const isDrained = (state: SessionState): boolean => state.at === 'streaming' && state.logs.every(isDone)

export const beginSession = (now: number): SessionState => ({ at: 'waiting', until: now, failures: 0 })

export function stepSession(state: SessionState, input: SessionInput, now: number): [SessionState, SessionEffect[]] {
  switch (input.type) {
    case 'tick':
      if (state.at === 'streaming' || now < state.until) return [state, []]
      if (state.at === 'greeting') return [state, [{ do: 'close' }]] // `closed` follows
      return [{ at: 'greeting', until: now + GREETING_MS, failures: state.failures, stored: [] }, [{ do: 'connect' }]]
    case 'welcome': {
      if (state.at !== 'greeting') return [state, []]
      const { window, epochs } = input.welcome
      const stored = [...state.stored, ...epochs]
      if (input.more) return [{ ...state, until: now + GREETING_MS, stored }, [{ do: 'greet' }]]
      const bySize = new Map(stored.map(({ epoch, size }) => [epoch, size]))
      const logs = input.logs.flatMap((log) => progressOf(log, bySize.get(log.epoch)))
      const failures = logs.every(isDone) ? 0 : state.failures // else the first receipt says that all is well again
      return sendNext({ at: 'streaming', failures, window, logs, unanswered: 0, reading: false })
    }
    case 'grown':
      return state.at === 'streaming' ? sendNext({ ...state, logs: withGrowth(state.logs, input.newest) }) : [state, []]
    case 'sent': {
      if (state.at !== 'streaming') return [state, []]
      const sent = ({ next }: Progress, size: number): Partial<Progress> => ({
        next: Math.max(next, input.next),
        size: Math.max(size, input.next), // it grew while it was read
      })
      const logs = changed(state.logs, input.epoch, (log) => sent(log, log.size))
      return sendNext({ ...state, logs, unanswered: state.unanswered + 1, reading: false })
    }
    case 'receipt':
      return state.at === 'streaming' ? receipted(state, input) : [state, []]
    case 'bye':
      return state.at === 'waiting' ? [state, []] : left(state, input, now)
    case 'closed':
      break
  }
  return state.at === 'waiting' ? [state, []] : [waitAfter(state.failures, input.chance, now), []]
}

type Streaming = Extract<SessionState, { at: 'streaming' }>

/** We go on where the collector is; but not beyond our last receipt, for what it holds without one it has to answer for.
 *  It may be a restored backup that holds less than it once gave a receipt for: then it gets that again. */
function progressOf(log: LogState, stored: number | undefined): Progress[] {
  if (stored === undefined) return [] // more logs than a greeting lists: its turn comes with a later connection
  const next = Math.min(stored, log.receipted)
  return [{ epoch: log.epoch, size: log.size, next, held: next }]
}

const isDone = ({ held, size }: Progress): boolean => held >= size

function withGrowth(logs: readonly Progress[], { epoch, size }: LogState): Progress[] {
  const isKnown = logs.some((log) => log.epoch === epoch)
  return isKnown ? changed(logs, epoch, () => ({ size })) : [...logs, { epoch, size, next: 0, held: 0 }]
}

const changed = (logs: readonly Progress[], epoch: string, change: (log: Progress) => Partial<Progress>): Progress[] =>
  logs.map((log) => (log.epoch === epoch ? { ...log, ...change(log) } : log))

function sendNext(state: Streaming): [SessionState, SessionEffect[]] {
  const log = state.logs.find((candidate) => !isDone(candidate))
  if (log === undefined || log.next >= log.size || state.reading || state.unanswered >= state.window) return [state, []]
  return [{ ...state, reading: true }, [{ do: 'send', epoch: log.epoch, from: log.next }]]
}

function receipted(
  state: Streaming,
  input: Extract<SessionInput, { type: 'receipt' }>,
): [SessionState, SessionEffect[]] {
  const { receipt, note, ours } = input
  const { epoch, size } = receipt
  const log = state.logs.find((known) => known.epoch === epoch)
  if (log === undefined) return [state, []]
  // It holds another log under this name, or more of it than there is: a clone, or this disk was restored.
  if (!ours) return [state, [{ do: 'begin-anew', epoch }, { do: 'close' }]]
  const logs = changed(state.logs, epoch, ({ next, held }) => ({
    next: Math.max(next, size),
    held: Math.max(held, size),
  }))
  const [after, effects] = sendNext({ ...state, failures: 0, logs, unanswered: Math.max(0, state.unanswered - 1) })
  return [after, [{ do: 'acknowledge', receipt, note }, ...effects]]
}

function left(
  state: SessionState,
  { bye, chance }: Extract<SessionInput, { type: 'bye' }>,
  now: number,
): [SessionState, SessionEffect[]] {
  const refused = bye.reason === 'refused' || bye.reason === 'revoked'
  const failures = refused ? state.failures : Math.max(0, state.failures - 1) // a polite goodbye is no failure
  const waiting = waitAfter(failures, chance, now, bye.retryAfterMs)
  return [waiting, [...remedyOf(bye, state), { do: 'close' }]]
}

/** What a refusal asks of us. After `gap` and `identity` nothing but to greet again. */
function remedyOf({ code, epoch, index }: Omit<HeaderOf<'bye'>, 'type'>, state: SessionState): SessionEffect[] {
  const log = state.at === 'streaming' ? state.logs.find((known) => known.epoch === epoch) : undefined
  if (log === undefined || code === undefined) return []
  if (code === 'fork' || code === 'root' || code === 'signature' || code === 'start')
    return [{ do: 'begin-anew', epoch: log.epoch }]
  const atFault = (code === 'size' || code === 'malformed') && index !== undefined && index < log.size
  return atFault ? [{ do: 'bury', epoch: log.epoch, index, reason: code }] : []
}

function waitAfter(failures: number, chance: number, now: number, atLeastMs = 0): SessionState {
  const waitMs = Math.max(backOffMs(failures + 1, chance), Math.min(atLeastMs, 3_600_000))
  return { at: 'waiting', until: now + waitMs, failures: failures + 1 }
}

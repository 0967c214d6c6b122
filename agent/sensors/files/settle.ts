/** When a copy has come to rest: pure, one state a path. A state is made when a file is first seen new or changed
 *  (`begin`), stepped by what is seen of it, and ends as undefined when nothing more is to be told of this copy.
 *
 *  moving ──unchanged, and nobody has it open──► rested ──a second later──► undefined
 *    ▲                                             │ changed: `stirred`; every further rest in that second is counted
 *    └──────── the second is over, and it moves ───┘ and told as one
 *
 *  Times are monotonic milliseconds. */
import type { Look } from '#agent/platform/files.ts'

/** Unchanged for so long, and nobody has it open: at rest. */
export const SETTLE_MS = 200
/** The same where nobody can say who has it open. A writer that pauses longer is told as two copies. */
export const SETTLE_UNKNOWN_MS = 2000
/** Further rests of a path within this time of the first are one more event. */
export const FOLD_MS = 1000
/** A file that is held open is looked at again after a tenth of its idle time, within these bounds. */
const LOOK_AGAIN_MS = 100
const LOOK_AGAIN_MAX_MS = 1000

export type Open = 'open' | 'closed' | 'unknown'

interface Moving {
  readonly at: 'moving'
  readonly look: Look
  /** Unchanged, and not let go of, since. */
  readonly since: number
  /** Somebody had it open when it was last looked at. */
  readonly held: boolean
  readonly due: number
}
interface Rested {
  readonly at: 'rested'
  readonly look: Look
  /** As it was when it last came to rest. */
  readonly rest: Look
  /** Since when it has been as in `look`, where it moves once more. */
  readonly stirred: number | undefined
  readonly again: number
  readonly until: number
  readonly due: number
}
/** `due`: when to look at it next. */
export type CopyState = Moving | Rested

export type CopyInput =
  | { readonly type: 'heard'; readonly look: Look }
  | { readonly type: 'looked'; readonly look: Look; readonly open: Open }
  /** Looked for, and not there although its volume is; deleted or renamed. */
  | { readonly type: 'gone' }
  /** Its volume was unmounted in order: it cannot be looked at any more. */
  | { readonly type: 'left'; readonly open: Open }
  /** Its volume went, or the watching of it ends. */
  | { readonly type: 'ended' }

/** `started` begins a new copy id; what follows is about that copy. */
export type CopyEffect =
  | { readonly do: 'started'; readonly look: Look }
  | { readonly do: 'copied'; readonly look: Look; readonly count: number }
  | { readonly do: 'interrupted'; readonly look: Look }

type Stepped = readonly [CopyState | undefined, readonly CopyEffect[]]

export const beginCopy = (look: Look, now: number): readonly [CopyState, readonly CopyEffect[]] => [
  moving(look, now),
  [{ do: 'started', look }],
]

export const stepCopy = (state: CopyState, input: CopyInput, now: number): Stepped =>
  state.at === 'moving' ? stepMoving(state, input, now) : stepRested(state, input, now)

/** The same bytes, as far as a look can tell: vfat keeps times to two seconds. */
const isSame = (a: Look, b: Look): boolean =>
  a.sizeBytes === b.sizeBytes && a.mtimeMs === b.mtimeMs && a.ino === b.ino && a.dev === b.dev

const moving = (look: Look, since: number): Moving => ({
  at: 'moving',
  look,
  since,
  held: false,
  due: since + SETTLE_MS,
})

function stepMoving(state: Moving, input: CopyInput, now: number): Stepped {
  if (input.type === 'gone') return [undefined, []]
  if (input.type === 'ended') return [undefined, [{ do: 'interrupted', look: state.look }]]
  if (input.type === 'left')
    return input.open === 'closed' ? [undefined, [{ do: 'copied', look: state.look, count: 1 }]] : [state, []]
  if (!isSame(input.look, state.look)) return [moving(input.look, now), []]
  if (input.type === 'heard') return [state, []]
  if (state.held && input.open !== 'open') return [moving(state.look, now), []] // a pull lets go of it too: wait and see
  const wait = waitOf(input.open, now - state.since)
  if (wait > 0) return [{ ...state, held: input.open === 'open', due: now + wait }, []]
  return [rested(state.look, now), [{ do: 'copied', look: state.look, count: 1 }]]
}

/** How long to wait before looking again at a file unchanged for `idle`; 0: it is at rest. */
function waitOf(open: Open, idle: number): number {
  if (open === 'open') return Math.min(LOOK_AGAIN_MAX_MS, Math.max(LOOK_AGAIN_MS, idle / 10))
  return Math.max(0, (open === 'closed' ? SETTLE_MS : SETTLE_UNKNOWN_MS) - idle)
}

const rested = (look: Look, now: number): Rested => ({
  at: 'rested',
  look,
  rest: look,
  stirred: undefined,
  again: 0,
  until: now + FOLD_MS,
  due: now + FOLD_MS,
})

function stepRested(state: Rested, input: CopyInput, now: number): Stepped {
  if (input.type === 'gone') return [undefined, folded(state)]
  if (input.type === 'ended')
    return [undefined, [...folded(state), ...(state.stirred === undefined ? [] : cutShort(state.look))]]
  if (input.type === 'left') return input.open === 'closed' ? [undefined, folded(leftAgain(state))] : [state, []]
  if (!isSame(input.look, state.look)) return unfold(stir(state, input.look, now), now)
  return unfold(input.type === 'heard' ? state : restAgain(state, input.open, now), now)
}

/** Once the second is over: what was counted is told, and what still moves is a copy of its own. */
function unfold(state: Rested, now: number): Stepped {
  if (now < state.until) return [state, []]
  if (state.stirred === undefined) return [undefined, folded(state)]
  return [moving(state.look, state.stirred), [...folded(state), { do: 'started', look: state.look }]]
}

const folded = ({ again, rest }: Rested): CopyEffect[] =>
  again > 0 ? [{ do: 'copied', look: rest, count: again }] : []
const leftAgain = (state: Rested): Rested =>
  state.stirred === undefined ? state : { ...state, rest: state.look, again: state.again + 1 }
const cutShort = (look: Look): CopyEffect[] => [
  { do: 'started', look },
  { do: 'interrupted', look },
]

const stir = (state: Rested, look: Look, now: number): Rested => ({
  ...state,
  look,
  stirred: now,
  due: Math.min(state.until, now + SETTLE_MS),
})

function restAgain(state: Rested, open: Open, now: number): Rested {
  if (state.stirred === undefined) return { ...state, due: state.until }
  const wait = waitOf(open, now - state.stirred)
  if (wait > 0) return { ...state, due: Math.min(state.until, now + wait) }
  return { ...state, rest: state.look, stirred: undefined, again: state.again + 1, due: state.until }
}

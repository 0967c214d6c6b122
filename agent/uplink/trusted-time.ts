/** Trusted time: the last receipt's time plus monotonic time since, good to a second. Between a boot and its first receipt
 *  it is the later of the last one known and the wall clock as this boot first read it, plus monotonic time since, and
 *  nobody vouches for it: it then serves approvals alone. */
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { Uuid } from '#shared/vocabulary/ids.ts'

export interface TrustedTime {
  /** The trusted time at a reading of the monotonic clock, ms since 1970. On `receipt` it never goes back. */
  readonly at: (monotonic: number) => { readonly ms: number; readonly basis: 'receipt' | 'wall' }
  /** A receipt has come that says so, in whole seconds since 1970. */
  readonly heard: (seconds: number) => void
  /** Calls back when a receipt moved trusted time against the monotonic clock. */
  readonly onMoved: (listener: () => void) => void
  /** Keeps what is known for the next start. */
  readonly remember: () => Promise<void>
}

/** Offsets are trusted minus monotonic, in that boot: by its receipts, and until the first of them by its wall clock.
 *  `lastMs`: the latest that a receipt vouched for. */
const Remembered = Type.Object({
  boot: Uuid,
  offsetMs: Type.Optional(Type.Integer()),
  wallOffsetMs: Type.Integer(),
  lastMs: Type.Integer(),
})
const remembered = Compile(Remembered)
const NAME = 'trusted-time'

export interface TimeMemory {
  readonly keep: (name: string, value: string) => Promise<void>
  readonly kept: (name: string) => string | undefined
}

export function openTrustedTime(boot: string, { memory, clock }: { memory: TimeMemory; clock: Clock }): TrustedTime {
  const before = readMemory(memory.kept(NAME))
  const sameBoot = before?.boot === boot ? before : undefined
  const lastMs = before?.lastMs ?? 0
  const wallOffsetMs = sameBoot?.wallOffsetMs ?? Math.max(lastMs, clock.wall()) - clock.monotonic()
  // Each receipt is late by its way and cut to the second, so the greatest is nearest.
  let offsetMs = sameBoot?.offsetMs
  const listeners: (() => void)[] = []
  const at: TrustedTime['at'] = (monotonic) =>
    offsetMs === undefined
      ? { ms: monotonic + wallOffsetMs, basis: 'wall' }
      : { ms: Math.max(lastMs, monotonic + offsetMs), basis: 'receipt' }
  return {
    at,
    heard(seconds) {
      const next = Math.max(offsetMs ?? -Infinity, seconds * 1000 - clock.monotonic())
      if (next === offsetMs) return
      offsetMs = next
      for (const tell of listeners) tell()
    },
    onMoved: (listener) => void listeners.push(listener), // one a caller: the judging of what is present
    async remember() {
      const last = offsetMs === undefined ? lastMs : at(clock.monotonic()).ms
      const kept = { boot, ...(offsetMs !== undefined && { offsetMs }), wallOffsetMs, lastMs: last }
      await memory.keep(NAME, JSON.stringify(kept satisfies Static<typeof Remembered>))
    },
  }
}

function readMemory(text: string | undefined): Static<typeof Remembered> | undefined {
  if (text === undefined) return undefined
  const value: unknown = JSON.parse(text)
  return remembered.Check(value) ? value : undefined
}

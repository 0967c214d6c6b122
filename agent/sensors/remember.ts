/** What was on, kept across the lives of a sensor and the runs of an agent, so that what ended while nobody looked is told
 *  by the next one, with its span. */
import { Type, type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { Whole } from '#shared/vocabulary/ids.ts'

/** What outlives a run, by name. */
export interface Memory {
  readonly keep: (name: string, value: string) => void
  readonly kept: (name: string) => string | undefined
}

export interface Remembered<T> {
  /** What was on when it was last kept, in this boot (another has ended it by itself), and when that was, monotonic. */
  readonly last: () => { readonly mono: number; readonly on: readonly T[] } | undefined
  /** Something changed: `on` is asked for what is on now, at once while there is room for that, else within a second. */
  readonly keep: (on: () => readonly T[]) => void
  /** All was looked at again and nothing changed: what is kept is from now, within a second. Takes no room from changes. */
  readonly keepSoon: (on: () => readonly T[]) => void
  /** The same, at once: the sensor ends. */
  readonly keepNow: (on: readonly T[]) => void
}

/** So many changes are written at once, so that a kill just after one forgets nothing; one more each second after them. */
const AT_ONCE = 16
const REST_MS = 1_000

export function remember<S extends TSchema>(
  { name, each, boot }: { name: string; each: S; boot: string },
  { memory, clock }: { memory: Memory; clock: Pick<Clock, 'monotonic' | 'sleep'> },
): Remembered<Static<S>> {
  const shape = Compile(Type.Object({ boot: Type.String(), mono: Whole, on: Type.Array(each) }))
  const isShaped = (it: unknown): it is { boot: string; mono: number; on: Static<S>[] } => shape.Check(it)
  const read = (): { mono: number; on: Static<S>[] } | undefined => {
    const value: unknown = JSON.parse(memory.kept(name) ?? 'null')
    return isShaped(value) && value.boot === boot ? { mono: value.mono, on: value.on } : undefined
  }
  let last: { mono: number; on: readonly Static<S>[] } | undefined
  let spare = AT_ONCE
  let resting: AbortController | undefined
  let wanted: (() => readonly Static<S>[]) | undefined

  const write = (on: readonly Static<S>[]): void => {
    wanted = undefined
    last = { mono: clock.monotonic(), on: [...on] }
    memory.keep(name, JSON.stringify({ boot, ...last }))
  }
  const isRested = (): boolean => spare === AT_ONCE && wanted === undefined
  const rest = async (until: AbortController): Promise<void> => {
    resting = until
    while (!isRested() && !until.signal.aborted) {
      await clock.sleep(REST_MS, until.signal)
      spare = Math.min(AT_ONCE, spare + 1)
      if (wanted !== undefined) write(wanted())
    }
    if (resting === until) resting = undefined
  }
  const keepSoon = (on: () => readonly Static<S>[]): void => {
    wanted = on
    if (resting === undefined) void rest(new AbortController())
  }
  const keep = (on: () => readonly Static<S>[]): void => {
    if (spare === 0) return keepSoon(on)
    spare--
    write(on())
    if (resting === undefined) void rest(new AbortController())
  }
  const keepNow = (on: readonly Static<S>[]): void => {
    write(on)
    resting?.abort()
  }
  return { last: () => last ?? read(), keep, keepSoon, keepNow }
}

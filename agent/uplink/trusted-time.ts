/** Trusted time (CONTRACTS §6): the last receipt's time plus monotonic time since, good to a second. Between a boot and
 *  its first receipt it is the later of the last one known and the wall clock, and nobody vouches for it. */
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { Uuid } from '#shared/vocabulary/ids.ts'

export interface TrustedTime {
  /** The trusted time at a reading of the monotonic clock, ms since 1970. On `receipt` it never goes back. */
  readonly at: (monotonic: number) => { readonly ms: number; readonly basis: 'receipt' | 'wall' }
  /** A receipt has come that says so, in whole seconds since 1970. */
  readonly heard: (seconds: number) => void
  /** Keeps what is known for the next start. */
  readonly remember: () => Promise<void>
}

const Remembered = Type.Object({ boot: Uuid, offsetMs: Type.Integer(), lastMs: Type.Integer() })
const remembered = Compile(Remembered)
const NAME = 'trusted-time'

export interface Memory {
  readonly keep: (name: string, value: string) => Promise<void>
  readonly kept: (name: string) => string | undefined
}

export function openTrustedTime(boot: string, { memory, clock }: { memory: Memory; clock: Clock }): TrustedTime {
  const before = readMemory(memory.kept(NAME))
  const lastMs = before?.lastMs ?? 0
  // Trusted minus monotonic, in this boot. Each receipt is late by its way and cut to the second, so the greatest is nearest.
  let offsetMs = before?.boot === boot ? before.offsetMs : undefined
  const at: TrustedTime['at'] = (monotonic) =>
    offsetMs === undefined
      ? { ms: Math.max(lastMs, clock.wall()), basis: 'wall' }
      : { ms: Math.max(lastMs, monotonic + offsetMs), basis: 'receipt' }
  return {
    at,
    heard(seconds) {
      offsetMs = Math.max(offsetMs ?? -Infinity, seconds * 1000 - clock.monotonic())
    },
    async remember() {
      if (offsetMs === undefined) return
      const now = at(clock.monotonic()).ms
      await memory.keep(NAME, JSON.stringify({ boot, offsetMs, lastMs: now }))
    },
  }
}

function readMemory(text: string | undefined): { boot: string; offsetMs: number; lastMs: number } | undefined {
  if (text === undefined) return undefined
  const value: unknown = JSON.parse(text)
  return remembered.Check(value) ? value : undefined
}

/** One look at a time, as often as there is a reason: what is asked for during a look is one more look after it. */
import { aborted } from '#base/abort.ts'
import { makeBell } from '#base/bell.ts'
import type { MediaFound } from '#agent/media/signal.ts'

/** `lost`: notifications were; `time`: nothing was heard, it is only time. */
export type LookReason = 'present' | 'lost' | 'live' | 'time'
const strongestFirst: readonly LookReason[] = ['present', 'lost', 'live', 'time']
const foundBy = { present: 'present', lost: 'reconciled', live: 'live', time: 'reconciled' } as const

export interface Looking {
  ask: (reason: LookReason) => void
  /** The reason for the next look, if there is one. */
  wanted: () => LookReason | undefined
  /** Looks until `signal` aborts, the first time at once. Rejects when a look does. */
  run: () => Promise<void>
  /** How long the look that is going on has taken, ms; 0 between looks. */
  takesMs: () => number
}

export function lookWhenAsked<Seen>(
  look: () => Promise<Seen>,
  tell: (seen: Seen, found: MediaFound, heard: boolean) => Promise<void>,
  monotonic: () => number,
  signal: AbortSignal,
): Looking {
  let wanted: LookReason | undefined = 'present'
  const bell = makeBell(signal)
  let since: number | undefined

  async function lookOnce(reason: LookReason): Promise<void> {
    wanted = undefined
    since = monotonic()
    const seen = await look()
    since = undefined
    if (signal.aborted) return
    // What was announced during the look may be in it already.
    await tell(seen, foundBy[reason === 'time' ? (wanted ?? reason) : reason], reason === 'live')
  }

  async function lookOn(): Promise<void> {
    while (!signal.aborted) {
      if (wanted !== undefined) await lookOnce(wanted)
      else await bell.rung()
    }
  }

  return {
    wanted: () => wanted,
    takesMs: () => (since === undefined ? 0 : monotonic() - since),
    ask(reason) {
      wanted = strongestFirst.find((each) => each === wanted || each === reason)
      bell.ring()
    },
    /** A look that waits for a device that does not answer is left behind. */
    run: () => Promise.race([lookOn(), aborted(signal)]),
  }
}

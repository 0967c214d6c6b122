/** How quickly the connections of one address are taken on: a handshake costs us more than it costs who asks for it. What
 *  is over waits in its socket; other addresses do not. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import { openRate, type Rate } from './rate.ts'

/** Of one address that is not a proxy. Twenty a second are a twentieth of a core; a room's machines are back after a power
 *  cut at once. */
const HANDSHAKES_PER_SECOND = 20
const MAX_HANDSHAKES_AT_ONCE = 1_000
/** Remembered at a time; beyond it the one that came first and waits for nothing may begin anew. */
const MAX_ADDRESSES = 20_000

export interface Pace {
  /** `go` is called now, or when it is that address's turn. */
  readonly take: (addressKey: string, go: () => void) => void
  /** To be called now and then: lets in whose turn it is. */
  readonly look: () => void
}

interface Line {
  readonly rate: Rate
  readonly waiting: (() => void)[] // bounded by the connections of one address
  usedAt: number
}

/** `known`: agents known at an address, by its key; a twentieth of them a second is their share where that is more. */
export function openPace(known: (addressKey: string) => number, clock: Pick<Clock, 'monotonic'>): Pace {
  const lines = new Map<string, Line>() // of addresses that waited, or came a moment ago
  const open = (key: string): Line => {
    const perSecond = Math.max(HANDSHAKES_PER_SECOND, known(key) / 20)
    const burst = Math.max(MAX_HANDSHAKES_AT_ONCE, 2 * known(key))
    const line = { rate: openRate({ perSecond, burst }, clock), waiting: [], usedAt: clock.monotonic() }
    if (lines.size >= MAX_ADDRESSES) forgetOne(lines)
    lines.set(key, line)
    return line
  }
  const letIn = (line: Line): void => {
    while (line.waiting.length > 0 && line.rate.owedMs() === 0) {
      line.rate.spend()
      line.usedAt = clock.monotonic()
      line.waiting.shift()?.()
    }
  }
  return {
    take(key, go) {
      const line = lines.get(key) ?? open(key)
      line.waiting.push(go)
      letIn(line)
    },
    look() {
      const restedMs = (MAX_HANDSHAKES_AT_ONCE / HANDSHAKES_PER_SECOND) * 1000
      for (const [key, line] of lines) {
        letIn(line)
        if (line.waiting.length === 0 && clock.monotonic() - line.usedAt >= restedMs) lines.delete(key)
      }
    },
  }
}

function forgetOne(lines: Map<string, Line>): void {
  for (const [key, { waiting }] of lines) if (waiting.length === 0) return void lines.delete(key)
}

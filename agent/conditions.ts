/** The one list of what is not well here. Heartbeat and status are views of it. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import { timeNow } from '#shared/vocabulary/clock.ts'
import { bySeverity } from '#shared/vocabulary/levels.ts'
import type { Condition } from '#shared/wire/messages.ts'

export interface Conditions {
  /** Names a state, or says it anew; `since` stays what it was. */
  readonly raise: (code: string, condition: Omit<Condition, 'code' | 'since'>) => void
  readonly clear: (code: string) => void
  /** Worst first, as many as one heartbeat carries. */
  readonly list: () => Condition[]
}

const MAX_LISTED = 64 // what a heartbeat carries
const MAX_HELD = 256 // codes are constants, or a sensor's name; beyond it a new one is not taken
const MAX_TEXT = 1024

export function openConditions(clock: Clock): Conditions {
  const held = new Map<string, Condition>()
  return {
    raise: (code, { severity, text, todo }) => {
      if (held.size >= MAX_HELD && !held.has(code)) return
      const since = held.get(code)?.since ?? timeNow(clock)
      held.set(code, { code, severity, since, text: text.slice(0, MAX_TEXT), todo: todo.slice(0, MAX_TEXT) })
    },
    clear: (code) => void held.delete(code),
    list: () => [...held.values()].toSorted((a, b) => bySeverity(a.severity, b.severity)).slice(0, MAX_LISTED),
  }
}

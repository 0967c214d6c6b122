/** What is not well here. Heartbeat and status are views of it; what can be raised is declared in one list. */
import { agentConditions, type AgentArgs } from '#shared/vocabulary/conditions/agent.ts'
import { openRaised } from '#shared/vocabulary/conditions/raised.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Condition } from '#shared/wire/messages.ts'

export interface Conditions {
  /** Names a state, or says it anew; `since` stays what it was. */
  readonly raise: <Code extends keyof AgentArgs>(code: Code, args: AgentArgs[Code]) => void
  readonly clear: (code: keyof AgentArgs) => void
  /** Worst first, as many as one heartbeat carries. */
  readonly list: () => Condition[]
}

const MAX_LISTED = 64 // what a heartbeat carries

export function openConditions(clock: Clock): Conditions {
  const raised = openRaised<AgentArgs>(agentConditions, clock)
  return {
    raise: (code, args) => void raised.raise(code, args),
    clear: (code) => void raised.clear(code),
    list: () => raised.shown().slice(0, MAX_LISTED),
  }
}

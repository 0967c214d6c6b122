/** A check: a pure function that says whether an observation breaks a rule. YAML chooses and tunes; it does not program. */
import type { Observation } from '#shared/event/event.ts'
import type { Kind } from '#shared/event/kinds.ts'
import type { Endpoint, Register, Rule } from '../documents.ts'

/** What is known when an observation is judged. `trusted`: ms since 1970 (CONTRACTS §6). */
export interface Known {
  readonly endpoint: Endpoint
  readonly register: Register
  readonly trusted: number
}

export interface Check {
  readonly name: string
  /** The kinds that it can judge; others it never sees. */
  readonly judges: readonly Kind[]
  /** The parameters that it understands, each with the values it takes. */
  readonly parameters?: Readonly<Record<string, readonly (string | number | boolean)[]>>
  /** True where the observation breaks the rule. */
  readonly broken: (observation: Observation, known: Known, parameters: NonNullable<Rule['parameters']>) => boolean
}

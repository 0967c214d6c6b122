/** A check: a pure function that says whether an observation breaks a rule. YAML chooses and tunes; it does not program. */
import type { Observation } from '#shared/event/event.ts'
import type { Kind } from '#shared/event/kinds.ts'
import type { Endpoint, Register, RegisteredMedium, Rule } from '../documents.ts'

/** What is known when an observation is judged. `media`: of all parts of the list, one array as long as they do not
 *  change. `trusted`: ms since 1970. */
export interface Known {
  readonly endpoint: Endpoint
  readonly register: Register
  readonly media: readonly RegisteredMedium[]
  readonly trusted: number
}

/** `covered`: it would be broken, were it not for these approvals. */
export type Outcome = 'not' | 'broken' | { readonly covered: readonly string[] }

export interface Check {
  readonly name: string
  /** The kinds that it can judge; others it never sees. */
  readonly judges: readonly Kind[]
  /** The parameters that it understands, each with the values it takes. */
  readonly parameters?: Readonly<Record<string, readonly (string | number | boolean)[]>>
  readonly judge: (observation: Observation, known: Known, parameters: NonNullable<Rule['parameters']>) => Outcome
}

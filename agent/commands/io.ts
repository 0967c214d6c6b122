import type { Spoken } from '#base/command.ts'

/** What the agent's commands need of the process. */
export interface Io extends Spoken {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Ends the process at once, with a trace: nothing in it can be relied on. */
  readonly crash: (error: unknown) => void
}

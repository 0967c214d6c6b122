/** Called by the commit for every incident that is new or changed: what is news goes to the mailboxes, in its transaction. */
import type { Incident } from '#collector/incidents/correlate/incident.ts'
import type { Tx } from '#collector/store/schema.ts'

export interface Changed {
  readonly number: number
  readonly endpointId: number
  /** Undefined: it is new. */
  readonly before: Incident | undefined
  readonly after: Incident
  /** What happened to it besides what differs. */
  readonly what?: 'reopened' | 'withdrawn'
}

export interface Told {
  readonly mailboxes: readonly string[]
  /** ms since 1970. */
  readonly now: number
}

export async function tell(_tx: Tx, _changed: readonly Changed[], _told: Told): Promise<void> {}

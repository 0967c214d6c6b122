/** What a channel is given to send. Its text is written by the channel, for names are rendered differently for each sink. */
import { createHash } from 'node:crypto'
import type { Severity } from '#shared/vocabulary/levels.ts'
import type { AboutIncident } from '#collector/store/alert-views.ts'
import type { DailyReport } from './daily.ts'

/** The same id is the same mail, however often it goes: whoever gets it twice can tell. */
interface Named {
  readonly id: string
}

/** One incident, as it stands now, and what is new about it. */
export interface IncidentLetter extends Named {
  readonly about: 'incident'
  readonly subject: AboutIncident
  readonly reasons: readonly string[]
}

/** Many incidents: how many, and the first of them, worst and newest first. */
export interface DigestLetter extends Named {
  readonly about: 'digest'
  readonly counts: readonly { readonly severity: Severity; readonly count: number }[]
  readonly first: readonly AboutIncident[]
}

/** That all is well, or what is not. */
export interface DailyLetter extends Named {
  readonly about: 'daily'
  readonly report: DailyReport
}

/** That mail arrives. */
export interface TestLetter extends Named {
  readonly about: 'test'
  /** Who asked for it. */
  readonly by: string
  readonly at: number
}

export type Letter = IncidentLetter | DigestLetter | DailyLetter | TestLetter

/** Two mailboxes may be one person's: their mails are not the same, and have different ids. */
export const mailId = (what: string, mailbox: string): string =>
  `${what}.${createHash('sha256').update(mailbox).digest('hex').slice(0, 8)}`

/** One thing that is to go to one mailbox: marked as under way in the store, sent, its end recorded. */
import type { AfterAttempt } from '#collector/store/mailboxes.ts'
import type { Store } from '#collector/store/database.ts'
import type { Delivery } from './channels/channel.ts'
import type { Letter } from './letter.ts'

export type Keeping = Pick<Store, 'write' | 'read'>

export interface Beginning {
  /** ms since 1970. */
  readonly now: number
  /** When what was tried so often is tried again, if we die in it. */
  readonly again: (attempts: number) => number
  /** When the mailbox is tried again, likewise. */
  readonly mailboxAgain: number
}

export interface Ending extends AfterAttempt {
  readonly delivery: Delivery
  readonly now: number
  readonly again: (attempts: number) => number
}

export interface Errand {
  /** What it tells is marked before it goes, so that it comes again if we die. Undefined: there is nothing after all. */
  readonly begin: (store: Keeping, beginning: Beginning) => Promise<Letter | undefined>
  /** May be called again where it failed. */
  readonly end: (store: Keeping, ending: Ending) => Promise<void>
}

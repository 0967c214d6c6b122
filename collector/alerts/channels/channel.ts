/** A way an alert goes out. It makes one attempt; when to try again is the outbox's. */
import type { Letter } from '../letter.ts'

/** `reason` is for people and holds no secret. `unseen`: the end of the attempt was not seen, it may have arrived. */
export type Delivery =
  | { readonly outcome: 'delivered' }
  | { readonly outcome: 'retry'; readonly reason: string }
  | { readonly outcome: 'unseen'; readonly reason: string }
  | { readonly outcome: 'refused'; readonly reason: string }

export interface Channel {
  /** The mailbox, as the outbox's rows name it. */
  readonly name: string
  /** One attempt, within `signal`. Sending one `letter.id` twice is harmless: what arrives is marked as the same. */
  send(letter: Letter, signal: AbortSignal): Promise<Delivery>
}

/** Which mailboxes get a mail now: one under way for each, whoever waited longest first, and room for those that work
 *  however many do not. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import { pullBack } from '#collector/store/alerts.ts'
import { lookAtMailboxes, type LookedAt } from '#collector/store/mailboxes.ts'
import type { Channel } from './channels/channel.ts'
import { dailyFor, type Daily } from './next.ts'
import type { Keeping } from './attempt.ts'
import { LONGEST_PAUSE_MS } from './standing.ts'

/** Mails under way at one time, each a connection to the mail server; of those to mailboxes that failed last. */
const MAX_IN_FLIGHT = 8
const MAX_DOUBTFUL = 4

export interface Rounds {
  /** Begins what there is room for. */
  readonly begin: () => Promise<void>
  /** When all that is under way has ended. */
  readonly ended: () => Promise<unknown>
}

/** `deliver` sends one mail; it never rejects. */
export function openRounds(
  channels: ReadonlyMap<string, Channel>,
  { store, clock, daily }: { store: Keeping; clock: Clock; daily: Daily | undefined },
  deliver: (mailbox: LookedAt, channel: Channel) => Promise<void>,
): Rounds {
  const underWay = new Map<string, { readonly doubtful: boolean; readonly ended: Promise<void> }>()
  const lastTurn = new Map<string, number>() // one entry a mailbox
  let turn = 0

  const hasRoom = (doubtful: boolean): boolean =>
    underWay.size < MAX_IN_FLIGHT &&
    (!doubtful || [...underWay.values()].filter((each) => each.doubtful).length < MAX_DOUBTFUL)

  function start(mailbox: LookedAt, channel: Channel): void {
    lastTurn.set(channel.name, ++turn)
    const ended = deliver(mailbox, channel).finally(() => underWay.delete(channel.name))
    underWay.set(channel.name, { doubtful: mailbox.failures > 0, ended })
  }

  return {
    async begin() {
      if (!hasRoom(false)) return
      const ready = await readyMailboxes(store, clock)
      const waiting = ready
        .filter((each) => !underWay.has(each.mailbox))
        .filter((each) => each.due || each.digest !== null || dailyFor(each, { clock, daily }) !== undefined)
        .toSorted((a, b) => (lastTurn.get(a.mailbox) ?? 0) - (lastTurn.get(b.mailbox) ?? 0))
      for (const mailbox of waiting) {
        const channel = channels.get(mailbox.mailbox)
        if (channel !== undefined && hasRoom(mailbox.failures > 0)) start(mailbox, channel)
      }
    },
    ended: () => Promise.all([...underWay.values()].map(({ ended }) => ended)),
  }
}

/** Those that are in no back-off. A moment further away than anything is put off was written before the clock was set
 *  back: it has come. */
async function readyMailboxes(store: Keeping, clock: Clock): Promise<LookedAt[]> {
  const now = clock.wall()
  const furthest = now + LONGEST_PAUSE_MS
  const all = await store.read((tx) => lookAtMailboxes(tx, { now, furthest }))
  for (const { mailbox, far } of all) if (far) await store.write((tx) => pullBack(tx, mailbox, { furthest }))
  return all.filter(({ next_at: next }) => next <= now || next > furthest)
}

/** An outbox on a real store, whose alerts come of what an agent tells, whose channels answer as told, and whose time passes
 *  when it is told to. */
import type { Channel, Delivery } from '#collector/alerts/channels/channel.ts'
import type { Letter } from '#collector/alerts/letter.ts'
import type { Daily } from '#collector/alerts/next.ts'
import { startOutbox, type Outbox } from '#collector/alerts/outbox.ts'
import { openConditions, type Conditions } from '#collector/conditions.ts'
import { commitBatches } from '#collector/ingest/commit.ts'
import { openHot } from '#collector/store/hot.ts'
import type { KeptAlert } from '#collector/store/alerts.ts'
import { agentLife, batchesOf, type Life } from './agent-life.ts'
import { addEndpoint, agentOf, openTestStore, type TestStore } from './collector-store.ts'
import { start } from './events.ts'
import { manualClock, type ManualClock } from './manual-clock.ts'
import { eventually } from './eventually.ts'

export const OFFICE = 'mail/office/a@example.org'
export const CITY = 'mail/city/c@example.org'

export interface Scripted {
  readonly channel: Channel
  /** Oldest first; `at`: by the clock. */
  readonly sent: readonly { readonly letter: Letter; readonly at: number }[]
  /** What it answers from now on, in turn; then it delivers. `hang`: until it is given up. */
  readonly answer: (...answers: (Delivery | 'hang')[]) => void
}

export interface OutboxRig extends TestStore {
  readonly clock: ManualClock
  readonly life: Life
  readonly conditions: Conditions
  readonly warnings: readonly unknown[][]
  /** Commits what its newest log has more, and tells those mailboxes. */
  readonly commit: (mailboxes?: readonly string[]) => Promise<void>
  readonly channel: (name: string, ...answers: (Delivery | 'hang')[]) => Scripted
  readonly outbox: (channels: readonly Scripted[], daily?: Daily) => Outbox
  readonly rows: () => Promise<Pick<KeptAlert, 'state' | 'mailbox' | 'nextAt' | 'lastError' | 'id'>[]>
  readonly states: () => Promise<string[]>
  /** Lets a second pass at a time until it is so. */
  readonly until: (so: () => unknown) => Promise<void>
}

/** Until it is so, while the outbox's clock stands. */
export const soon = (so: () => unknown): Promise<unknown> => eventually(so, { interval: 2 })

export async function openOutboxRig(): Promise<OutboxRig> {
  const kept = await openTestStore()
  const { store } = kept
  const clock = manualClock(start)
  const agent = { id: await addEndpoint(store, 1, { level: 'secret', department: '财务科' }), agent: agentOf(1) }
  const hot = openHot(store)
  const life = agentLife(1)
  const warnings: unknown[][] = []
  const warn = (...line: unknown[]): unknown => warnings.push(line)
  const conditions = openConditions(clock, { error: nothing, info: nothing, debug: nothing, warn })
  let committed = 0
  const rows: OutboxRig['rows'] = () =>
    store.read(async (tx) =>
      (await tx.selectFrom('alert').selectAll().orderBy('id').execute()).map((row) => ({
        id: row.id,
        state: row.state,
        mailbox: row.mailbox,
        nextAt: row.next_at,
        lastError: row.last_error ?? undefined,
      })),
    )
  return {
    ...kept,
    clock,
    life,
    conditions,
    warnings,
    async commit(mailboxes = [OFFICE]) {
      const [whole] = life.logs
      if (whole === undefined) throw new Error('It has told nothing.')
      const sizes = committed === 0 ? [500] : [committed, 500]
      const batches = batchesOf({ agent, log: whole }, [...sizes, ...Array<number>(100).fill(500)], {
        receivedAt: clock.wall(),
      })
      const more = batches.filter((batch) => batch.log.from >= committed)
      for (const batch of more) await commitBatches(store, hot, [batch], { mailboxes, now: clock.wall() })
      committed = whole.events.length
    },
    channel: (name, ...answers) => scripted(clock, name, answers),
    outbox: (channels, daily) =>
      startOutbox(
        { channels: channels.map(({ channel }) => channel), daily },
        { store, clock, conditions, log: { warn } },
      ),
    rows,
    states: async () => (await rows()).map(({ state }) => state),
    until: (so) =>
      eventually(
        async () => {
          clock.pass(1_000)
          await so()
        },
        { interval: 2 },
      ),
  }
}

const nothing = (): void => undefined

function scripted(clock: ManualClock, name: string, answers: (Delivery | 'hang')[]): Scripted {
  const sent: { letter: Letter; at: number }[] = []
  return {
    sent,
    answer: (...more) => answers.push(...more),
    channel: {
      name,
      async send(letter, signal) {
        sent.push({ letter, at: clock.wall() })
        const answer = answers.shift() ?? { outcome: 'delivered' }
        if (answer !== 'hang') return answer
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        return { outcome: 'unseen', reason: 'no answer' }
      },
    },
  }
}

/** What a letter tells: of an incident its number and what is new. */
export function toldBy({ letter }: Scripted['sent'][number]): unknown[] {
  if (letter.about === 'incident') return [letter.subject.number, ...letter.reasons]
  if (letter.about === 'digest') return ['digest', letter.counts.reduce((all, { count }) => all + count, 0)]
  return [letter.about]
}

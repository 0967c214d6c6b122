/** The one mail about many incidents: its rows are marked with its id, so that it is the same mail until it is out. */
import { createHash } from 'node:crypto'
import { digestContents } from '#collector/store/alert-views.ts'
import { alertsOfDigest, dueAlerts, saveAlerts, type KeptAlert } from '#collector/store/alerts.ts'
import { beginAttempt, endAttempt, setMailbox } from '#collector/store/mailboxes.ts'
import type { Beginning, Ending, Errand, Keeping } from './attempt.ts'
import { mailId } from './letter.ts'
import { after, errorOf } from './one.ts'
import { begun } from './standing.ts'

/** Rows marked in one transaction: a few milliseconds, in which nobody else commits. */
const ROWS_AT_ONCE = 500
/** Steps of one digest: 100,000 incidents. What is over goes into the next. */
const MAX_STEPS = 200
/** Incidents that a digest names; the rest is counted. */
const MAX_NAMED = 20

/** `underWay`: the digest that was begun before, and whose end nobody saw. */
export function digestMail(mailbox: string, underWay: string | null): Errand {
  let digest = underWay ?? undefined
  return {
    async begin(store, beginning) {
      digest ??= await gather(store, mailbox, beginning)
      const id = digest
      if (id === undefined) return undefined
      return store.write(async (tx) => {
        const contents = await digestContents(tx, id, MAX_NAMED)
        if (contents.first.length === 0) {
          await setMailbox(tx, mailbox, { digest: null }) // all of them were dismissed
          return undefined
        }
        await beginAttempt(tx, mailbox, beginning.mailboxAgain)
        return { about: 'digest', id, ...contents }
      })
    },
    async end(store, ending) {
      // Nobody saw whether it went: it stays as it is, and goes again.
      if (ending.delivery.outcome === 'unseen') return store.write((tx) => endAttempt(tx, mailbox, ending))
      while (!(await release(store, { mailbox, digest }, ending)));
    },
  }
}

/** Marks what is due; the id of the digest. */
async function gather(store: Keeping, mailbox: string, { now, again }: Beginning): Promise<string | undefined> {
  let id: string | undefined
  for (let step = 0; step < MAX_STEPS; step++) {
    const marked = await store.write(async (tx) => {
      const rows = await dueAlerts(tx, { mailbox, now, limit: ROWS_AT_ONCE })
      if (rows.length === 0) return 0
      const digest = id ?? idOf(rows, mailbox)
      await setMailbox(tx, mailbox, { digest })
      await saveAlerts(
        tx,
        rows.map((row) => ({ ...row, ...begun(row, again(row.attempts + 1)), digest })),
      )
      id = digest
      return rows.length
    })
    if (marked < ROWS_AT_ONCE) break
  }
  return id
}

const idOf = (rows: readonly KeptAlert[], mailbox: string): string => {
  const set = rows.map(({ id, sent }) => `${id}.${sent}`).join(' ')
  return mailId(`digest.${createHash('sha256').update(set).digest('hex').slice(0, 32)}`, mailbox)
}

/** Frees some of the rows; true when the last one is free, and the attempt has ended. */
const release = (
  store: Keeping,
  { mailbox, digest = '' }: { mailbox: string; digest: string | undefined },
  ending: Ending,
): Promise<boolean> =>
  store.write(async (tx) => {
    const rows = await alertsOfDigest(tx, digest, ROWS_AT_ONCE)
    await saveAlerts(
      tx,
      rows.map((row) => ({ ...row, ...after(row, ending), ...errorOf(ending), ...soon(ending), digest: undefined })),
    )
    if (rows.length === ROWS_AT_ONCE) return false
    await setMailbox(tx, mailbox, { digest: null })
    await endAttempt(tx, mailbox, ending)
    return true
  })

/** The mailbox's own pause is enough: what waits together is tried together. */
const soon = ({ delivery }: Ending): { nextAt?: number } => (delivery.outcome === 'retry' ? { nextAt: 0 } : {})

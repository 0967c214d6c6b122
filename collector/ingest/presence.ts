/** Who is here and how they are: gathered in memory and written together, so that a heartbeat costs no commit, and a
 *  thousand that greet at once a few. What the store does not take is kept and tried again. */
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { Live } from '#collector/live.ts'
import type { Log } from '#base/log.ts'
import {
  saveApplied,
  saveHeartbeats,
  setConnected,
  setDisconnected,
  type AppliedDocument,
  type Greeting,
} from '#collector/store/agents.ts'
import { saveAddress } from '#collector/store/agent-addresses.ts'
import type { Store } from '#collector/store/database.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { HeaderOf } from '#shared/wire/messages.ts'

/** *Last seen* and the fill of a journal are this old in the store at most. */
const BEATS_MS = 15_000
/** Who comes, goes, applied a document, or is not as well as before is told of after this: what comes within it shares a
 *  transaction. */
const GATHER_MS = 250
/** Agents written in one transaction: 25 ms. */
const MAX_ROWS_AT_ONCE = 500
/** After the store took nothing. */
const AGAIN_MS = 5_000

/** An agent and the endpoint that it is on, by their row numbers. */
export interface Who {
  readonly agentId: number
  readonly endpointId: number
}

export interface Presence extends AsyncDisposable {
  readonly greeted: (who: Who, greeting: Greeting, address: string) => void
  /** Told soon where its conditions are others than before. */
  readonly beat: (who: Who, heartbeat: Pick<HeaderOf<'heartbeat'>, 'conditions' | 'journal'>) => void
  readonly applied: (who: Who, applied: AppliedDocument) => void
  readonly left: (who: Who) => void
  /** Resolves when all that was said so far is in the store; rejects where it does not take it, and then it is kept. */
  readonly flush: () => Promise<void>
}

/** What is not in the store yet. Never changed, only replaced. */
interface News {
  readonly who: Who
  readonly greeting?: { readonly at: number; readonly is: Greeting; readonly address: string } | undefined
  readonly beat?: { readonly at: number; readonly health: string; readonly isNew: boolean } | undefined
  /** By kind and part. */
  readonly applied: ReadonlyMap<string, AppliedDocument>
  readonly leftAt?: number | undefined
}

export interface PresenceParts {
  readonly store: Pick<Store, 'write'>
  readonly clock: Clock
  readonly live: Live
  readonly log: Pick<Log, 'error'>
}

export function openPresence({ store, clock, live, log }: PresenceParts): Presence {
  const news = new Map<number, News>() // by agent: bounded by those that are enrolled
  const conditionsOf = new Map<number, string>() // of those that are connected, a digest
  let isUrgent = false
  const tell = (who: Who, more: (before: News) => News): void => {
    news.set(who.agentId, more(news.get(who.agentId) ?? { who, applied: new Map() }))
  }
  const flush = async (): Promise<void> => {
    isUrgent = false
    const all = [...news.values()]
    for (let from = 0; from < all.length; from += MAX_ROWS_AT_ONCE) {
      const some = all.slice(from, from + MAX_ROWS_AT_ONCE)
      await store.write((tx) => save(tx, some))
      for (const each of some) if (isSeen(each)) live.changed({ type: 'endpoint', id: each.who.endpointId })
      for (const each of some) if (news.get(each.who.agentId) === each) news.delete(each.who.agentId)
      await setImmediate() // whoever else waits for the store goes first
    }
  }
  const stop = new AbortController()
  const watch = async (): Promise<void> => {
    let nextAt = clock.monotonic() + BEATS_MS
    while (!stop.signal.aborted) {
      await clock.sleep(GATHER_MS, stop.signal)
      if (stop.signal.aborted || (!isUrgent && clock.monotonic() < nextAt)) continue
      try {
        await flush()
        nextAt = clock.monotonic() + BEATS_MS
      } catch (error) {
        log.error('The store did not take who is connected; it is tried again', { error: String(error) })
        nextAt = clock.monotonic() + AGAIN_MS
      }
    }
  }
  const watching = watch()
  return {
    greeted(who, is, address) {
      isUrgent = true
      // It says what it has: what was applied before is in it.
      tell(who, ({ beat }) => ({ who, beat, applied: new Map(), greeting: { at: clock.wall(), is, address } }))
    },
    beat(who, { conditions = [], journal }) {
      const digest = createHash('sha256').update(JSON.stringify(conditions)).digest('base64')
      const isNew = conditionsOf.get(who.agentId) !== digest
      conditionsOf.set(who.agentId, digest)
      isUrgent ||= isNew
      const health = JSON.stringify({ conditions, journal })
      tell(who, (before) => ({
        ...before,
        beat: { at: clock.wall(), health, isNew: isNew || before.beat?.isNew === true },
      }))
    },
    applied(who, one) {
      isUrgent = true
      const key = `${one.kind} ${one.part ?? ''}`
      tell(who, (before) => ({ ...before, applied: new Map([...before.applied, [key, one]]) }))
    },
    left(who) {
      isUrgent = true
      conditionsOf.delete(who.agentId)
      tell(who, (before) => ({ ...before, leftAt: clock.wall() }))
    },
    flush,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await watching
      await flush().catch((error: unknown) =>
        log.error('The store did not take who was connected', { error: String(error) }),
      )
    },
  }
}

/** Whether people see it at once. */
const isSeen = ({ greeting, beat, applied, leftAt }: News): boolean =>
  greeting !== undefined || leftAt !== undefined || applied.size > 0 || beat?.isNew === true

async function save(tx: Tx, all: readonly News[]): Promise<void> {
  for (const { who, greeting } of all) {
    if (greeting === undefined) continue
    await setConnected(tx, who.agentId, greeting.at, greeting.is)
    await saveAddress(tx, who.agentId, greeting.address)
  }
  await saveHeartbeats(
    tx,
    all.flatMap(({ who, beat }) =>
      beat === undefined ? [] : [{ agentId: who.agentId, at: beat.at, health: beat.health }],
    ),
  )
  for (const { who, applied, leftAt } of all) {
    for (const one of applied.values()) await saveApplied(tx, who.agentId, one)
    if (leftAt !== undefined) await setDisconnected(tx, who.agentId, leftAt)
  }
}

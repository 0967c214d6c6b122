/** Writes the feed to one client, until it leaves or is let go.
 *
 *  Nothing is queued for it: a change only wakes the writer, which reads from the store what it has not sent yet, a page at
 *  a time. What a client can hold up is one page in its socket and the set of endpoints still to be sent, which has no more
 *  members than there are endpoints. */
import { makeBell } from '#base/bell.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { LiveChange, Live } from '#collector/live.ts'
import type { Outlet } from './outlet.ts'
import type { FeedEnd } from './shapes/feed.ts'

/** Incidents read and written at once: 100 × 90 KiB at the very worst (20 paths of 4 KiB) = 9 MiB a client. */
const PAGE = 100
/** However fast things change, a client costs 10 reads a second. */
const PACE_MS = 100
const HEARTBEAT_MS = 15_000
/** How soon a session that another process ended (`user reset`), or whose time is over, ends its feed. */
const LOOK_MS = 1_000
/** What a browser waits before it comes back. */
const RETRY_MS = 2_000

/** What has changed since a place: JSON on one line each. */
export interface FeedPage {
  readonly incidents: readonly { readonly id: string; readonly json: string }[]
  readonly endpoints: readonly string[]
}

/** Where the writer reads what it sends, each time in one look at the store. */
export interface FeedSource {
  /** The place that the client was at is none of this store, with the one it is at now; undefined: it goes on. */
  readonly reset: string | undefined
  /** What changed since it was asked last, at most `limit` incidents; undefined once its session is over. */
  readonly next: (endpoints: readonly LiveChange['id'][], limit: number) => Promise<FeedPage | undefined>
  /** False once its session is over. */
  readonly mayStay: () => Promise<boolean>
}

/** What changed since it was asked last, and a sleep that a change ends, or `over`. */
function changes(live: Live, clock: Clock, over: AbortSignal) {
  const endpoints = new Set<LiveChange['id']>()
  const bell = makeBell(over)
  let fresh = true // what is there already is new to the client
  const stir = (): void => {
    fresh = true
    bell.ring()
  }
  const unsubscribe = live.subscribe(({ type, id }) => {
    if (type === 'endpoint') endpoints.add(id)
    stir()
  })
  return {
    stir,
    unsubscribe,
    /** True once for all changes so far. */
    take: (): boolean => {
      const was = fresh
      fresh = false
      return was
    },
    takeEndpoints: (): LiveChange['id'][] => {
      const ids = [...endpoints].slice(0, PAGE)
      for (const id of ids) endpoints.delete(id)
      if (endpoints.size > 0) fresh = true
      return ids
    },
    nap: async (ms: number): Promise<void> => {
      if (!fresh) await bell.rung((until) => clock.sleep(ms, until))
    },
  }
}

const message = (event: string, data: string, id?: string): string =>
  `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`

export interface FeedSignals {
  /** Aborts when its session ends in this process. */
  readonly ended: AbortSignal
  /** Aborts when the collector stops. */
  readonly stopping: AbortSignal
}

/** Resolves when the client is gone, or with the reason why it has to go. */
export async function writeFeed(
  { write, gone }: Outlet,
  { source, live, clock }: { source: FeedSource; live: Live; clock: Clock },
  { ended, stopping }: FeedSignals,
): Promise<FeedEnd['reason'] | 'left'> {
  const over = AbortSignal.any([gone, ended, stopping])
  const changed = changes(live, clock, over)

  async function writeChanges(): Promise<FeedEnd['reason'] | undefined> {
    const page = await source.next(changed.takeEndpoints(), PAGE)
    if (page === undefined || ended.aborted) return 'session-ended'
    if (page.incidents.length === PAGE) changed.stir()
    const incidents = page.incidents.map(({ id, json }) => message('incident', json, id))
    const endpoints = page.endpoints.map((json) => message('endpoint', json))
    return (await write([...incidents, ...endpoints].join(''))) ? undefined : 'too-slow'
  }

  let [lookedAt, wroteAt] = [clock.monotonic(), clock.monotonic()]
  /** Says now and then that it is still here, and looks whether it may be. */
  async function keepUp(): Promise<FeedEnd['reason'] | undefined> {
    const now = clock.monotonic()
    if (now - lookedAt < LOOK_MS) return undefined
    lookedAt = now
    if (!(await source.mayStay())) return 'session-ended'
    if (now - wroteAt < HEARTBEAT_MS) return undefined
    wroteAt = now
    return (await write(message('beat', '{}'))) ? undefined : 'too-slow'
  }

  try {
    const first = source.reset === undefined ? '' : message('reset', '{}', source.reset)
    if (!(await write(`retry: ${RETRY_MS}\n\n${first}`))) return 'too-slow'
    while (!over.aborted) {
      const reason = (await keepUp()) ?? (changed.take() ? await writeChanges() : undefined)
      if (reason !== undefined) return reason
      await clock.sleep(PACE_MS, over)
      await changed.nap(LOOK_MS)
    }
    if (gone.aborted) return 'left'
    return ended.aborted ? 'session-ended' : 'shutting-down'
  } finally {
    changed.unsubscribe()
  }
}

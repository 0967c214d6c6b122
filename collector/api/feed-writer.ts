/** Writes the feed to one client, until it leaves or is let go.
 *
 *  Nothing is queued for it: a change only wakes the writer, which reads from the store what it has not sent yet, a page at
 *  a time. What a client can hold up is one page in its socket and the set of endpoints still to be sent, which has no more
 *  members than there are endpoints. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Change, Live } from '#collector/live.ts'
import type { Outlet } from './outlet.ts'
import type { FeedEnd } from './shapes/feed.ts'

/** Incidents read and written at once: 100 × 90 KiB at the very worst (20 paths of 4 KiB) = 9 MiB a client. */
const PAGE = 100
/** However fast things change, a client costs 10 reads a second. */
const PACE_MS = 100
const HEARTBEAT_MS = 15_000
/** What a browser waits before it comes back. */
const RETRY_MS = 2_000

/** Where the writer reads what it sends: JSON on one line. */
export interface FeedSource {
  readonly incidentsSince: (revision: number, limit: number) => Promise<{ revision: number; json: string }[]>
  /** Undefined where it is no more. */
  readonly endpoint: (id: Change['id']) => Promise<string | undefined>
  /** False once its session is over. */
  readonly mayStay: () => Promise<boolean>
}

/** What changed since it was asked last, and a sleep that a change ends. */
function changes(live: Live, clock: Clock) {
  const endpoints = new Set<Change['id']>()
  let fresh = true // what is there already is new to the client
  let napping = new AbortController()
  const stir = (): void => {
    fresh = true
    napping.abort()
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
    takeEndpoints: (): Change['id'][] => {
      const ids = [...endpoints].slice(0, PAGE)
      for (const id of ids) endpoints.delete(id)
      if (endpoints.size > 0) fresh = true
      return ids
    },
    nap: async (): Promise<void> => {
      if (fresh) return
      napping = new AbortController()
      await clock.sleep(HEARTBEAT_MS, napping.signal)
    },
  }
}

/** Resolves when the client is gone, or with the reason why it has to go; `signal` aborts when the collector stops. */
export async function writeFeed(
  { write, gone }: Outlet,
  from: number,
  { source, live, clock }: { source: FeedSource; live: Live; clock: Clock },
  signal: AbortSignal,
): Promise<FeedEnd['reason'] | 'left'> {
  const changed = changes(live, clock)
  const either = AbortSignal.any([gone, signal])
  either.addEventListener('abort', changed.stir)

  let revision = from
  async function writeChanges(): Promise<boolean> {
    const page = await source.incidentsSince(revision, PAGE)
    const incidents = page.map((item) => `event: incident\nid: ${item.revision}\ndata: ${item.json}\n\n`)
    revision = page.at(-1)?.revision ?? revision
    if (page.length === PAGE) changed.stir()
    const items = await Promise.all(changed.takeEndpoints().map(source.endpoint))
    const endpoints = items.filter((json) => json !== undefined).map((json) => `event: endpoint\ndata: ${json}\n\n`)
    return write([...incidents, ...endpoints].join(''))
  }

  let checkedAt = clock.monotonic()
  try {
    if (!(await write(`retry: ${RETRY_MS}\n\n`))) return 'too-slow'
    while (!either.aborted) {
      if (clock.monotonic() - checkedAt >= HEARTBEAT_MS) {
        checkedAt = clock.monotonic()
        if (!(await source.mayStay())) return 'session-ended'
        if (!(await write(': still here\n\n'))) return 'too-slow'
      }
      if (changed.take()) {
        if (!(await writeChanges())) return 'too-slow'
        await clock.sleep(PACE_MS, either)
      } else await changed.nap()
    }
    return gone.aborted ? 'left' : 'shutting-down'
  } finally {
    changed.unsubscribe()
    either.removeEventListener('abort', changed.stir)
  }
}

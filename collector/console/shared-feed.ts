/** One live feed for all tabs of a browser. A feed keeps a connection for good, and a browser opens six at most to a host
 *  under HTTP/1.1: the seventh tab would never load. So the tab that holds a lock has the feed and tells the others over a
 *  channel what it hears. When it goes, the browser gives the lock to the next, which goes on from the place that all have
 *  heard of. (Browsers do not freeze a page in the background that holds a lock.) */
import { api } from './api.ts'
import type { EndpointView, FeedEnd, IncidentView } from './shapes.ts'

const NAME = 'shoumi.feed'
/** After an answer that is no feed (signed out, too many pages) the browser does not come back by itself: we do. */
const REOPEN_MS = 5_000
/** What comes within this time is told, and drawn, at once. */
const BATCH_MS = 200
/** The collector sends something every 15 s: after this the line is broken, though nobody said so. */
const SILENCE_MS = 40_000

export type FeedState = 'live' | 'connecting'

/** What tabs tell each other. */
export type Tidings =
  | {
      readonly kind: 'news'
      readonly place: string
      readonly incidents: IncidentView[]
      readonly endpoints: EndpointView[]
    }
  /** The store is another one: nothing that is shown need be there. */
  | { readonly kind: 'reset'; readonly place: string }
  | { readonly kind: 'state'; readonly state: FeedState }
  /** Nobody is signed in any more. */
  | { readonly kind: 'door' }
  /** A new tab asks how things stand. */
  | { readonly kind: 'hello' }

type Hear = (tidings: Tidings) => void

function post(channel: BroadcastChannel, tidings: Tidings): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel reaches its own origin alone
  channel.postMessage(tidings)
}

/** Tells the other tabs that nobody is signed in any more. */
export function tellOfDoor(): void {
  const channel = new BroadcastChannel(NAME)
  post(channel, { kind: 'door' })
  channel.close()
}

/** Hears what changes from now on; `startAt` says where the feed goes on if this tab comes to have it. */
export function joinFeed(hear: Hear): { startAt: (place: string) => void; leave: () => void } {
  const channel = new BroadcastChannel(NAME)
  const left = new AbortController()
  let place: string | undefined
  let answer: (() => void) | undefined
  let waiting = false

  const take = (tidings: Tidings): void => {
    if (tidings.kind === 'news' || tidings.kind === 'reset') place = tidings.place
    if (tidings.kind === 'hello') answer?.()
    else hear(tidings)
  }
  const tell = (tidings: Tidings): void => {
    post(channel, tidings)
    take(tidings)
  }
  channel.addEventListener('message', ({ data }: MessageEvent<Tidings>) => take(data))
  post(channel, { kind: 'hello' })

  async function lead(): Promise<void> {
    const feed = openFeed(() => place ?? '', tell)
    answer = feed.sayState
    await new Promise((resolve) => left.signal.addEventListener('abort', resolve))
    feed.close()
  }
  return {
    startAt: (begin) => {
      place ??= begin
      if (waiting || left.signal.aborted) return
      waiting = true
      // It rejects when the tab leaves before it had its turn.
      navigator.locks.request(NAME, { signal: left.signal }, lead).catch(() => undefined)
    },
    leave: () => {
      left.abort()
      channel.close()
    },
  }
}

/** The feed itself: opens, and opens again after whatever break; tells in batches. */
function openFeed(placeNow: () => string, tell: Hear): { sayState: () => void; close: () => void } {
  let state: FeedState = 'connecting'
  let incidents = new Map<string, IncidentView>()
  let endpoints = new Map<number, EndpointView>()
  let place = placeNow()
  let batch: ReturnType<typeof setTimeout> | undefined
  let again: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let source = open()

  const become = (next: FeedState): void => {
    state = next
    tell({ kind: 'state', state })
  }
  const flush = (): void => {
    clearTimeout(batch)
    batch = undefined
    if (incidents.size + endpoints.size === 0) return
    tell({ kind: 'news', place, incidents: [...incidents.values()], endpoints: [...endpoints.values()] })
    incidents = new Map()
    endpoints = new Map()
  }
  const gather = (): void => void (batch ??= setTimeout(flush, BATCH_MS))
  const reopen = (afterMs: number): void => {
    source.close()
    become('connecting')
    clearTimeout(again)
    again = setTimeout(() => (source = open()), afterMs)
  }
  function heard(): void {
    clearTimeout(silence)
    silence = setTimeout(() => reopen(0), SILENCE_MS)
  }

  function open(): EventSource {
    const opened = new EventSource(api.feedUrl(place))
    heard()
    opened.addEventListener('open', () => {
      heard()
      become('live')
    })
    opened.addEventListener('beat', heard)
    opened.addEventListener('error', () => {
      if (opened.readyState === EventSource.CLOSED) reopen(REOPEN_MS)
      else become('connecting')
    })
    opened.addEventListener('incident', ({ data, lastEventId }: MessageEvent<string>) => {
      heard()
      place = lastEventId
      const item: IncidentView = JSON.parse(data)
      incidents.set(item.id, item)
      gather()
    })
    opened.addEventListener('endpoint', ({ data }: MessageEvent<string>) => {
      heard()
      const item: EndpointView = JSON.parse(data)
      endpoints.set(item.id, item)
      gather()
    })
    opened.addEventListener('reset', ({ lastEventId }: MessageEvent<string>) => {
      heard()
      flush()
      place = lastEventId
      tell({ kind: 'reset', place })
    })
    opened.addEventListener('end', ({ data }: MessageEvent<string>) => {
      const { reason }: FeedEnd = JSON.parse(data)
      if (reason === 'session-ended') tell({ kind: 'door' })
    })
    return opened
  }
  return {
    sayState: () => tell({ kind: 'state', state }),
    close: () => {
      clearTimeout(batch)
      clearTimeout(again)
      clearTimeout(silence)
      source.close()
    },
  }
}

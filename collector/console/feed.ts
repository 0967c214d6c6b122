/** Keeps what the page shows up to date by the live feed, and says whether it does. */
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { EndpointListView, EndpointView, FeedEnd, IncidentView } from './shapes.ts'
import { api, type Filters } from './api.ts'
import { alertsQuery, countsQuery, endpointsQuery, INCIDENTS, ofIncident, sessionQuery } from './queries.ts'
import { type Pages, upsert } from './upsert.ts'

/** After an answer that is no feed (signed out, too many pages) the browser does not come back by itself: we do. */
const REOPEN_MS = 5_000
/** Counts and the like are asked anew at most this often. */
const SETTLE_MS = 500

export type FeedState = 'live' | 'connecting'

function takeIncident(client: QueryClient, item: IncidentView): void {
  for (const [key, list] of client.getQueriesData<Pages>({ queryKey: [INCIDENTS] })) {
    const filters = (key[1] ?? {}) as Filters
    if (list !== undefined) client.setQueryData(key, upsert(list, item, filters))
  }
  void client.invalidateQueries({ queryKey: ofIncident(item.id) })
}

function takeEndpoint(client: QueryClient, item: EndpointView): void {
  client.setQueryData<EndpointListView>(endpointsQuery.queryKey, (list) => {
    if (list === undefined) return list
    const at = list.items.findIndex(({ id }) => id === item.id)
    return { items: at < 0 ? [...list.items, item] : list.items.with(at, item) }
  })
}

/** `after`: where the list that one has says that the feed goes on; undefined while there is none. */
export function useFeed(after: string | undefined): FeedState {
  const client = useQueryClient()
  const [state, setState] = useState<FeedState>('connecting')
  // It begins where the first list ended and then goes on by itself: a newer list opens no other feed.
  const [from, setFrom] = useState(after)
  if (from === undefined && after !== undefined) setFrom(after)
  useEffect(() => {
    if (from === undefined) return undefined
    let place = from
    let overtaken = false
    let reopen: ReturnType<typeof setTimeout> | undefined
    let settle: ReturnType<typeof setTimeout> | undefined
    let source = open()

    function open(): EventSource {
      const opened = new EventSource(api.feedUrl(place))
      opened.addEventListener('open', () => {
        setState('live')
        void client.invalidateQueries({ queryKey: endpointsQuery.queryKey })
      })
      opened.addEventListener('error', () => {
        setState('connecting')
        if (opened.readyState !== EventSource.CLOSED) return
        void client.invalidateQueries({ queryKey: sessionQuery.queryKey })
        reopen = setTimeout(() => (source = open()), REOPEN_MS)
      })
      opened.addEventListener('incident', ({ data, lastEventId }: MessageEvent<string>) => {
        place = lastEventId
        const item: IncidentView = JSON.parse(data)
        // A list that is under way may have been read before this change and would put the older one back.
        overtaken ||= client.isFetching({ queryKey: [INCIDENTS] }) > 0
        takeIncident(client, item)
        settle ??= setTimeout(() => {
          settle = undefined
          if (overtaken) void client.invalidateQueries({ queryKey: [INCIDENTS] })
          overtaken = false
          void client.invalidateQueries({ queryKey: countsQuery.queryKey })
          void client.invalidateQueries({ queryKey: alertsQuery.queryKey })
        }, SETTLE_MS)
      })
      opened.addEventListener('reset', ({ lastEventId }: MessageEvent<string>) => {
        place = lastEventId
        void client.invalidateQueries() // the store is another one: nothing that is shown need be there
      })
      opened.addEventListener('endpoint', ({ data }: MessageEvent<string>) => {
        const item: EndpointView = JSON.parse(data)
        takeEndpoint(client, item)
      })
      opened.addEventListener('end', ({ data }: MessageEvent<string>) => {
        const { reason }: FeedEnd = JSON.parse(data)
        if (reason === 'session-ended') void client.invalidateQueries({ queryKey: sessionQuery.queryKey })
      })
      return opened
    }
    return () => {
      clearTimeout(reopen)
      clearTimeout(settle)
      source.close()
    }
  }, [client, from])
  return state
}

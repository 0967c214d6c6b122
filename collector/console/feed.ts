/** Keeps what the page shows up to date by the live feed, and says whether it does. */
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { goToDoor } from './door.ts'
import { ALERTS, countsQuery, ENDPOINTS, INCIDENTS, ofIncident, sessionQuery } from './queries.ts'
import { type FeedState, joinFeed } from './shared-feed.ts'
import type { EndpointCountsView, EndpointListView, EndpointView, IncidentView } from './shapes.ts'
import { type Shown, take } from './shown.ts'

/** Counts and the like are asked anew at most this often. */
const SETTLE_MS = 1_000
/** A feed that is not there by then is missed. */
const FIRST_MS = 5_000

function takeIncidents(client: QueryClient, items: readonly IncidentView[]): void {
  for (const [key, list] of client.getQueriesData<Shown>({ queryKey: [INCIDENTS] }))
    if (list !== undefined) client.setQueryData(key, take(list, items))
  for (const { id } of items)
    void client.invalidateQueries({
      queryKey: ofIncident(id),
      // A long timeline is not read again from its beginning with each file: it says that there is more.
      predicate: ({ state: { data } }) => !isLong(data),
    })
}

const isLong = (data: unknown): boolean =>
  typeof data === 'object' && data !== null && 'pages' in data && Array.isArray(data.pages) && data.pages.length > 1

/** Rows change where they stand; what is there besides, and how many, is asked anew. */
function takeEndpoints(client: QueryClient, items: readonly EndpointView[]): void {
  const byId = new Map(items.map((item) => [item.id, item]))
  client.setQueriesData<EndpointListView | EndpointCountsView>({ queryKey: [ENDPOINTS] }, (list) =>
    list !== undefined && 'items' in list
      ? { ...list, items: list.items.map((item) => byId.get(item.id) ?? item) }
      : list,
  )
}

export interface Feed {
  readonly state: FeedState
  /** Since when nothing is heard; undefined while it is live, and in the first moments. */
  readonly lostAt: number | undefined
}

/** `after`: where the list that one has says that the feed goes on; undefined while there is none. */
export function useFeed(after: string | undefined): Feed {
  const client = useQueryClient()
  const [feed, setFeed] = useState<Feed>({ state: 'connecting', lostAt: undefined })
  const joined = useRef<ReturnType<typeof joinFeed>>(undefined)
  useEffect(() => {
    let overtaken = false
    let endpointsChanged = false
    let settle: ReturnType<typeof setTimeout> | undefined
    const settled = (): void => {
      settle = undefined
      if (overtaken) void client.invalidateQueries({ queryKey: [INCIDENTS] })
      if (endpointsChanged) void client.invalidateQueries({ queryKey: [ENDPOINTS] })
      overtaken = endpointsChanged = false
      void client.invalidateQueries({ queryKey: countsQuery.queryKey })
      void client.invalidateQueries({ queryKey: [ALERTS] })
    }
    const shared = joinFeed((tidings) => {
      switch (tidings.kind) {
        case 'news':
          // A list that is under way may have been read before this change and would put the older one back.
          overtaken ||= client.isFetching({ queryKey: [INCIDENTS] }) > 0
          takeIncidents(client, tidings.incidents)
          takeEndpoints(client, tidings.endpoints)
          endpointsChanged ||= tidings.endpoints.length > 0
          settle ??= setTimeout(settled, SETTLE_MS)
          break
        case 'reset':
          void client.invalidateQueries()
          break
        case 'state':
          setFeed(({ state, lostAt }) => ({
            state: tidings.state,
            lostAt: tidings.state === 'live' ? undefined : state === 'live' ? Date.now() : lostAt,
          }))
          // What has no place in the feed is read anew after a break, and after a refusal the session too.
          if (tidings.state === 'live') void client.invalidateQueries({ queryKey: [ENDPOINTS] })
          else void client.invalidateQueries({ queryKey: sessionQuery.queryKey })
          break
        case 'door':
          goToDoor(client)
          break
        case 'hello':
          break
      }
    })
    joined.current = shared
    const begunAt = Date.now()
    const first = setTimeout(
      () => setFeed((now) => (now.state === 'live' ? now : { ...now, lostAt: now.lostAt ?? begunAt })),
      FIRST_MS,
    )
    return () => {
      clearTimeout(settle)
      clearTimeout(first)
      shared.leave()
    }
  }, [client])
  useEffect(() => {
    if (after !== undefined) joined.current?.startAt(after)
  }, [after])
  return feed
}

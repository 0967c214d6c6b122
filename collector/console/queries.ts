/** What is asked of the collector, and under which key the answer is kept. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, ApiError, type Opened, type Query } from './api.ts'
import type { ListPage, Shown } from './shown.ts'

/** The feed keeps answers fresh; this only catches what no feed tells. */
const NOW_AND_THEN_MS = 60_000

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => {
    try {
      return await api.session(signal)
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null // nobody is signed in: an answer too
      throw error
    }
  },
})

export const INCIDENTS = 'incidents'
/** Which page a list is, in words that its key can have. */
const wordsOf = ({ filters, before }: ListPage): string => JSON.stringify({ filters, before })
/** One page. It is read anew only when somebody asks for it: the feed keeps its rows as they are now. */
export const incidentsQuery = (page: ListPage) =>
  queryOptions({
    queryKey: [INCIDENTS, wordsOf(page)],
    queryFn: async ({ signal }): Promise<Shown> => ({
      ...(await api.incidents(page.filters, page.before, signal)),
      page,
      waiting: [],
    }),
    staleTime: Infinity,
    gcTime: 0, // a page that nobody sees is read anew, with its place in the feed
  })

/** Where the feed goes on for all that is read from now on. */
export const feedPlaceQuery = queryOptions({
  queryKey: ['feed-place'],
  queryFn: async ({ signal }) => ({ feed: (await api.incidents({}, undefined, signal, '1')).feed }),
  staleTime: Infinity,
})

/** All that is kept of one incident. */
export const ofIncident = (id: string): readonly string[] => ['incident', id]

export const incidentQuery = (opened: Opened) =>
  queryOptions({
    queryKey: [...ofIncident(opened.id), 'facts', opened.opening],
    queryFn: ({ signal }) => api.incident(opened, signal),
  })

export const actionsQuery = (opened: Opened) =>
  queryOptions({
    queryKey: [...ofIncident(opened.id), 'actions', opened.opening],
    queryFn: ({ signal }) => api.actions(opened, signal),
  })

export const timelineQuery = (opened: Opened) =>
  infiniteQueryOptions({
    queryKey: [...ofIncident(opened.id), 'timeline', opened.opening],
    queryFn: ({ pageParam, signal }) => api.timeline(opened, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  })

export const countsQuery = queryOptions({
  queryKey: ['counts'],
  queryFn: ({ signal }) => api.counts(signal),
  refetchInterval: NOW_AND_THEN_MS,
})

export const ENDPOINTS = 'endpoints'
export const endpointsQuery = (query: Query) =>
  queryOptions({
    queryKey: [ENDPOINTS, query],
    queryFn: ({ signal }) => api.endpoints(query, signal),
    refetchInterval: NOW_AND_THEN_MS,
  })

export const endpointCountsQuery = queryOptions({
  queryKey: [ENDPOINTS, 'counts'],
  queryFn: ({ signal }) => api.endpointCounts(signal),
  refetchInterval: NOW_AND_THEN_MS,
})

export const healthQuery = queryOptions({
  queryKey: ['health'],
  queryFn: ({ signal }) => api.health(signal),
  refetchInterval: NOW_AND_THEN_MS,
})

export const ALERTS = 'alerts'
/** How many wait, by mailbox. */
export const alertsQuery = queryOptions({
  queryKey: [ALERTS],
  queryFn: ({ signal }) => api.alerts({ limit: '1' }, signal),
  refetchInterval: 15_000, // the outbox tells no feed when it has sent something
})

export const alertListQuery = (query: Query) =>
  queryOptions({
    queryKey: [ALERTS, query],
    queryFn: ({ signal }) => api.alerts(query, signal),
    refetchInterval: 15_000,
  })

export const faultsQuery = (query: Query) =>
  queryOptions({
    queryKey: ['faults', query],
    queryFn: ({ signal }) => api.faults(query, signal),
    refetchInterval: NOW_AND_THEN_MS,
  })

export const MUTES = 'mutes'
export const mutesQuery = queryOptions({
  queryKey: [MUTES],
  queryFn: ({ signal }) => api.mutes(signal),
  refetchInterval: NOW_AND_THEN_MS,
})

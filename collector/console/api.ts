/** Speaks to the collector. Every answer that is no success is an ApiError with the problem's code. */
import type {
  HealthView,
  AlertPageView,
  EndpointListView,
  EventPageView,
  IncidentPageView,
  IncidentView,
  OpenCountsView,
  SessionView,
} from './shapes.ts'

const BASE = '/api/v1'

export class ApiError extends Error {
  override name = 'ApiError'
  /** The last word of the problem's type; `unreachable` where there was no answer. */
  readonly code: string
  readonly status: number
  readonly retryAfterSeconds: number | undefined
  constructor(code: string, status: number, retryAfterSeconds?: number) {
    super(`${code} (${status})`)
    this.code = code
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

interface ProblemView {
  type?: string
  retryAfterSeconds?: number
}

/** As the response schemas of the API say it; the collector sends nothing else. */
async function read<T>(response: Response): Promise<T> {
  const value: T = JSON.parse(await response.text())
  return value
}

async function errorOf(response: Response): Promise<ApiError> {
  const problem = await read<ProblemView>(response).catch((): ProblemView => ({}))
  return new ApiError(problem.type?.split(':').at(-1) ?? 'other', response.status, problem.retryAfterSeconds)
}

async function send(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(`${BASE}${path}`, init).catch((error: unknown) => {
    if (init.signal?.aborted === true) throw error
    throw new ApiError('unreachable', 0)
  })
  if (!response.ok) throw await errorOf(response)
  return response
}

type Query = Readonly<Record<string, string | undefined>>
const withQuery = (path: string, query: Query): string => {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`
}
const get = async <T>(path: string, signal: AbortSignal, query: Query = {}): Promise<T> =>
  read<T>(await send(withQuery(path, query), { signal }))

const change = (method: string, path: string, csrf: string | undefined, body?: unknown): Promise<Response> =>
  send(path, {
    method,
    headers: {
      ...(csrf !== undefined && { 'x-csrf-token': csrf }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })

/** What a list can be narrowed to. */
export interface Filters {
  readonly department?: string
  readonly severity?: string
  readonly kind?: string
}

export const api = {
  session: (signal: AbortSignal) => get<SessionView>('/session', signal),
  signIn: async (account: string, password: string): Promise<SessionView> =>
    read(await change('POST', '/session', undefined, { account, password })),
  changePassword: async (csrf: string, current: string, next: string): Promise<SessionView> =>
    read(await change('PUT', '/session/password', csrf, { current, next })),
  signOut: async (csrf: string): Promise<void> => void (await change('DELETE', '/session', csrf)),

  incidents: (filters: Filters, before: string | undefined, signal: AbortSignal) =>
    get<IncidentPageView>('/incidents', signal, { ...filters, before }),
  counts: (signal: AbortSignal) => get<OpenCountsView>('/incidents/counts', signal),
  incident: (id: string, signal: AbortSignal) => get<IncidentView>(`/incidents/${encodeURIComponent(id)}`, signal),
  timeline: (id: string, after: string | undefined, signal: AbortSignal) =>
    get<EventPageView>(`/incidents/${encodeURIComponent(id)}/events`, signal, { after, limit: '200' }),
  endpoints: (signal: AbortSignal) => get<EndpointListView>('/endpoints', signal),
  alerts: (signal: AbortSignal) => get<AlertPageView>('/alerts', signal, { limit: '1' }),
  health: (signal: AbortSignal) => get<HealthView>('/health', signal),
  feedUrl: (after: number): string => `${BASE}/feed?after=${after}`,
}

/** Speaks to the collector. Every answer that is no success is an ApiError with the problem's code. */
import type {
  ActionListView,
  ChangedView,
  HealthView,
  AlertPageView,
  EndpointListView,
  EventPageView,
  IncidentPageView,
  IncidentView,
  OpenCountsView,
  SessionView,
  TestView,
} from './shapes.ts'

const BASE = '/api/v1'

export class ApiError extends Error {
  override name = 'ApiError'
  /** The last word of the problem's type; `unreachable` where there was no answer. */
  readonly code: string
  readonly status: number
  readonly retryAfterSeconds: number | undefined
  /** What was done to an incident since it was read; of `changed` alone. */
  readonly meanwhile: ChangedView['meanwhile']
  constructor(code: string, status: number, { retryAfterSeconds, meanwhile = [] }: ProblemView = {}) {
    super(`${code} (${status})`)
    this.code = code
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
    this.meanwhile = meanwhile
  }
}

interface ProblemView {
  type?: string
  retryAfterSeconds?: number
  meanwhile?: ChangedView['meanwhile']
}

/** As the response schemas of the API say it; the collector sends nothing else. */
async function read<T>(response: Response): Promise<T> {
  const value: T = JSON.parse(await response.text())
  return value
}

async function errorOf(response: Response): Promise<ApiError> {
  const problem = await read<ProblemView>(response).catch((): ProblemView => ({}))
  return new ApiError(problem.type?.split(':').at(-1) ?? 'other', response.status, problem)
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
  readonly stage?: string
  /** By when it came, unless it says `happened`. */
  readonly order?: string
}
export const orderOf = ({ order }: Filters): 'happened' | 'arrived' => (order === 'happened' ? 'happened' : 'arrived')

/** Which incident is open, and which time it was opened: looking at it is recorded once for that. */
export interface Opened {
  readonly id: string
  readonly opening: string
}
export type ActionKind = 'acknowledge' | 'false-alarm' | 'close'

export const api = {
  session: (signal: AbortSignal) => get<SessionView>('/session', signal),
  signIn: async (account: string, password: string): Promise<SessionView> =>
    read(await change('POST', '/session', undefined, { account, password })),
  changePassword: async (csrf: string, current: string, next: string): Promise<SessionView> =>
    read(await change('PUT', '/session/password', csrf, { current, next })),
  signOut: async (csrf: string): Promise<void> => void (await change('DELETE', '/session', csrf)),

  incidents: (filters: Filters, before: string | undefined, signal: AbortSignal, limit?: string) =>
    get<IncidentPageView>('/incidents', signal, { ...filters, order: orderOf(filters), before, limit }),
  counts: (signal: AbortSignal) => get<OpenCountsView>('/incidents/counts', signal),
  incident: ({ id, opening }: Opened, signal: AbortSignal) =>
    get<IncidentView>(`/incidents/${encodeURIComponent(id)}`, signal, { opening }),
  timeline: ({ id, opening }: Opened, after: string | undefined, signal: AbortSignal) =>
    get<EventPageView>(`/incidents/${encodeURIComponent(id)}/events`, signal, { opening, after, limit: '200' }),
  actions: ({ id, opening }: Opened, signal: AbortSignal) =>
    get<ActionListView>(`/incidents/${encodeURIComponent(id)}/actions`, signal, { opening }),
  /** `version`: of the incident as it is shown. */
  act: async (
    csrf: string,
    id: string,
    act: { kind: ActionKind; version: number; reason?: string },
  ): Promise<IncidentView> => read(await change('POST', `/incidents/${encodeURIComponent(id)}/actions`, csrf, act)),
  endpoints: (signal: AbortSignal) => get<EndpointListView>('/endpoints', signal),
  alerts: (query: { state?: string; before?: string; limit?: string }, signal: AbortSignal) =>
    get<AlertPageView>('/alerts', signal, query),
  alertAct: async (csrf: string, path: string): Promise<void> => void (await change('POST', path, csrf)),
  testMailbox: async (csrf: string, mailbox: string): Promise<TestView> =>
    read(await change('POST', '/alerts/test', csrf, { mailbox })),
  health: (signal: AbortSignal) => get<HealthView>('/health', signal),
  feedUrl: (after: string): string => `${BASE}/feed?after=${encodeURIComponent(after)}`,
}

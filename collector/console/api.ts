/** Speaks to the collector. Every answer that is no success is an ApiError with the problem's code. */
import type {
  ActionListView,
  ChangedView,
  HealthView,
  AlertPageView,
  EndpointCountsView,
  EndpointListView,
  EventPageView,
  FaultPageView,
  IncidentPageView,
  IncidentView,
  MuteListView,
  OpenCountsView,
  SessionView,
  TestView,
} from './shapes.ts'
import { periodOf } from './period.ts'

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

export type Query = Readonly<Record<string, string | undefined>>
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

/** What a list can be narrowed to, as the address bar has it. A type: an interface is no record of texts. */
export type Filters = {
  readonly department?: string
  readonly severity?: string
  readonly kind?: string
  readonly stage?: string
  /** By when it came, unless it says `happened`. */
  readonly order?: string
  /** The newest first, unless it says `oldest` or `worst`. */
  readonly sort?: string
  /** What is searched for. */
  readonly q?: string
  /** Days of the reader, both of them in: `2026-11-24`. */
  readonly from?: string
  readonly to?: string
}
export const orderOf = ({ order }: Filters): 'happened' | 'arrived' => (order === 'happened' ? 'happened' : 'arrived')

/** The filters of the address bar, as the collector takes them. */
export const incidentQueryOf = (filters: Filters): Query => ({
  ...filters,
  ...periodOf(filters),
  order: orderOf(filters),
})

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
    get<IncidentPageView>('/incidents', signal, { ...incidentQueryOf(filters), before, limit }),
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
  endpoints: (query: Query, signal: AbortSignal) => get<EndpointListView>('/endpoints', signal, query),
  endpointCounts: (signal: AbortSignal) => get<EndpointCountsView>('/endpoints/counts', signal),
  alerts: (query: Query, signal: AbortSignal) => get<AlertPageView>('/alerts', signal, query),
  faults: (query: Query, signal: AbortSignal) => get<FaultPageView>('/faults', signal, query),
  mutes: (signal: AbortSignal) => get<MuteListView>('/mutes', signal),
  mute: async (csrf: string, endpoint: number, mute: { rule: string; until: number; reason: string }): Promise<void> =>
    void (await change('POST', `/endpoints/${endpoint}/mutes`, csrf, mute)),
  unmute: async (csrf: string, id: number): Promise<void> => void (await change('DELETE', `/mutes/${id}`, csrf)),
  /** A list as a file: what it is called, and what is in it. */
  table: async (path: string, query: Query): Promise<{ name: string; content: Blob }> => {
    const response = await send(withQuery(`/${path}.csv`, query), {})
    const [, name = ''] = /filename\*=UTF-8''(\S+)$/.exec(response.headers.get('content-disposition') ?? '') ?? []
    return { name: decodeURIComponent(name), content: await response.blob() }
  },
  alertAct: async (csrf: string, path: string): Promise<void> => void (await change('POST', path, csrf)),
  testMailbox: async (csrf: string, mailbox: string): Promise<TestView> =>
    read(await change('POST', '/alerts/test', csrf, { mailbox })),
  health: (signal: AbortSignal) => get<HealthView>('/health', signal),
  feedUrl: (after: string): string => `${BASE}/feed?after=${encodeURIComponent(after)}`,
}

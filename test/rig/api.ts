import { request } from 'node:https'

/** What the cases read of the API; written from its OpenAPI document, not from the product's code. */
export interface Incident {
  id: string
  number: number
  kind: string
  severity: string
  openedAt: number
  endedAt?: number
  endedBy?: string
  /** Of an end that nobody saw: the last look that still saw it, and the first that did not. */
  endedBetween?: { after: number; before: number }
  receivedLate: boolean
  events: number
  endpoint: { agent: string; name: string; department: string; level: string }
  rules: { rule: string; severity: string; clause: { id: string; text?: string } }[]
  medium?: { key: string; status: string; label?: string; usbSerial?: string; fsUuid?: string; level?: string }
  files?: {
    copied: number
    interrupted: number
    first: { path: string; outcome: string; sizeBytes?: number; copy: string }[]
  }
  network?: {
    interface: { name: string; index: number }
    contacts: number
    /** The newest few contacts, the newest last. */
    newest: { began: string; from: number; to?: number; ended?: string }[]
    broke: { what: string; text: string; gone: boolean }[]
  }
}
export interface Event {
  id: number
  agent: string
  epoch: string
  index: number
  at: number
  receivedAt: number
  receivedLate: boolean
  kind: string
  found: string
  severity?: string
  medium?: { status: string; serial?: string; label?: string }
  file?: { copy: string; path: string; sizeBytes?: number }
  address?: string
  route?: string
  interface?: string
  change?: string
  reason?: string
  sha256?: string
  text?: string
  count?: number
  previous?: { epoch: string; size: number; ended: string }
}
export interface Endpoint {
  agent: string
  host: string
  name: string
  level: string
  status: string
  connectedSince?: number
  registerVersion: number
  policyVersion: number
  unreceipted?: number
  conditions: { code: string; text: string }[]
}
interface Page<Item> {
  items: Item[]
  next?: string
}

export interface Api {
  get: <Body>(path: string) => Promise<Body>
  incidents: () => Promise<Incident[]>
  /** The whole timeline of an incident, in the order it was stored. */
  timeline: (incident: string) => Promise<Event[]>
  /** Everything stored of one agent, oldest first. */
  events: (agent: string) => Promise<Event[]>
  endpoints: () => Promise<Endpoint[]>
}

interface Reply {
  status: number
  body: string
  cookie: string | undefined
}

function call(url: string, method: string, headers: Record<string, string>, body?: object): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const json = body === undefined ? undefined : JSON.stringify(body)
    const outgoing = request(
      url,
      {
        method,
        rejectUnauthorized: false, // the collector's own authority; what is proved here is the product, not this client
        headers: { ...headers, ...(json !== undefined && { 'content-type': 'application/json' }) },
        timeout: 10_000,
      },
      (reply) => {
        const parts: Buffer[] = []
        reply.on('data', (part: Buffer) => parts.push(part))
        reply.on('end', () =>
          resolve({
            status: reply.statusCode ?? 0,
            body: Buffer.concat(parts).toString(),
            cookie: reply.headers['set-cookie']?.[0]?.split(';')[0],
          }),
        )
      },
    )
    outgoing.once('error', reject)
    outgoing.once('timeout', () => outgoing.destroy(new Error(`${url} did not answer`)))
    outgoing.end(json)
  })
}

export const isUp = (consoleUrl: string): Promise<boolean> =>
  call(`${consoleUrl}/healthz`, 'GET', {}).then(
    ({ status }) => status === 200,
    () => false,
  )

/** Signs in with the one-time password, and changes it, as the first person at the console must. */
export async function signIn(consoleUrl: string, oneTime: string, password: string): Promise<Api> {
  const at = (path: string): string => `${consoleUrl}/api/v1${path}`
  const first = await call(at('/session'), 'POST', {}, { account: 'admin', password: oneTime })
  if (first.status !== 200) throw new Error(`sign-in: ${first.status} ${first.body}`)
  const { csrf } = JSON.parse(first.body) as { csrf: string }
  const headers = { cookie: first.cookie ?? '', 'x-csrf-token': csrf }
  const changed = await call(at('/session/password'), 'PUT', headers, { current: oneTime, next: password })
  if (changed.status !== 200) throw new Error(`password: ${changed.status} ${changed.body}`)
  const cookie = changed.cookie ?? ''

  const get = async <Body>(path: string): Promise<Body> => {
    const { status, body } = await call(at(path), 'GET', { cookie })
    if (status !== 200) throw new Error(`${path}: ${status} ${body}`)
    return JSON.parse(body) as Body
  }
  async function all<Item>(path: string, cursor: string): Promise<Item[]> {
    const items: Item[] = []
    for (let next: string | undefined; ;) {
      const from = next === undefined ? '' : `&${cursor}=${encodeURIComponent(next)}`
      const page: Page<Item> = await get(`${path}?limit=100${from}`)
      items.push(...page.items)
      next = page.next
      if (next === undefined) return items
    }
  }
  return {
    get,
    incidents: () => all<Incident>('/incidents', 'before'),
    timeline: (incident) => all<Event>(`/incidents/${incident}/events`, 'after'),
    events: async (agent) =>
      (await all<Event>('/events', 'before')).filter((event) => event.agent === agent).toReversed(),
    endpoints: async () => (await get<Page<Endpoint>>('/endpoints')).items,
  }
}

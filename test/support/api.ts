/** The console's listener in-process: a real store, real HTTPS on loopback, and a client that keeps its cookie as a browser
 *  does. */
import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import { fileURLToPath } from 'node:url'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { createFirstAccount } from '#collector/access/accounts.ts'
import { type Access, type Actor, openAccess } from '#collector/access/acting.ts'
import { startApi, type Api, type ApiOptions, type ApiParts } from '#collector/api/app.ts'
import { openCommitter, type Committer } from '#collector/ingest/committer.ts'
import { openLive, type Live } from '#collector/live.ts'
import { readClauses, type RuleTexts } from '#collector/policy/clauses.ts'
import { readRules } from '#collector/policy/rules.ts'
import type { Condition } from '#shared/wire/messages.ts'
import type { Store } from '#collector/store/database.ts'
import { makeRoot, makeServer } from '#collector/trust/authority.ts'
import { keyToPem, newKey } from '#collector/trust/keys.ts'
import { openTestStore } from './collector-store.ts'

const config = (path: string): string => fileURLToPath(new URL(`../../config/${path}`, import.meta.url))

/** The words of the shipped policy. */
async function shippedTexts(): Promise<RuleTexts> {
  const clauses = await readClauses(config('clauses.yaml'))
  const rules = new Map((await readRules(config('policy'), clauses)).map(({ id, title }) => [id, title]))
  return { ruleTitle: (id) => rules.get(id), clause: (id) => clauses.get(id) }
}

async function certificate(): Promise<{ key: string; cert: string }> {
  const root = newKey('p256')
  const authority = { certificate: await makeRoot(root, 'test', Date.now()), key: root }
  const key = newKey('p256')
  return { key: keyToPem(key), cert: await makeServer(key, ['127.0.0.1'], authority, Date.now()) }
}

export interface TestApi extends AsyncDisposable {
  readonly api: Api
  readonly store: Store
  readonly live: Live
  /** As ingest does it. */
  readonly commit: Committer['submit']
  /** As a command has it. */
  readonly access: Access
  readonly password: string
  /** What the collector says is not well. */
  readonly conditions: Condition[]
  /** What the API logged as its own failure. */
  readonly failures: unknown[]
  /** Sign-ins and ends of sessions, as `/metrics` counts them. */
  readonly counted: string[]
  /** What every write from now on is refused with, as by a full disk; undefined: it is taken. */
  readonly refuseWrites: (why: () => Error | undefined) => void
  /** Stops the listener, and has it again at the same address: what a restart of the collector is to a page. */
  readonly stop: () => Promise<void>
  readonly startAgain: () => Promise<void>
}

export const testing: Actor = { kind: 'command', id: 'test', name: 'test' }

/** `options`: of its listener, where they are not those of a collector that nobody configured. */
export async function openTestApi(over: Partial<ApiParts> = {}, options: Partial<ApiOptions> = {}): Promise<TestApi> {
  await using parts = new AsyncDisposableStack()
  const { store } = parts.use(await openTestStore())
  const live = openLive()
  const failures: unknown[] = []
  const conditions: Condition[] = []
  const counted: string[] = []
  let refusal: () => Error | undefined = () => undefined
  const write: Store['write'] = async (run) => {
    const error = refusal()
    if (error !== undefined) throw error
    return store.write(run)
  }
  const access = openAccess({ write, read: store.read }, systemClock)
  const first = await createFirstAccount(access, testing, systemClock)
  if (first === undefined) throw new Error('The store is not new.')
  const context = { clock: systemClock, live, mailboxes: ['mail'], onCommit: () => undefined }
  const { submit: commit } = openCommitter(store, context)
  const pagesDir = fileURLToPath(new URL('../../dist/console', import.meta.url))
  const given: ApiParts = {
    access,
    clock: systemClock,
    live,
    texts: await shippedTexts(),
    outbox: { wake: () => undefined, mailboxes: ['mail'], test: async () => 'unknown-mailbox' as const },
    counts: { signIn: (outcome) => counted.push(outcome), sessionEnded: (how) => counted.push(how) },
    conditions: () => conditions,
    health: () => undefined,
    metrics: () => 'shoumi_up 1\n',
    log: { error: (sentence: string, fields?: object) => failures.push({ sentence, ...fields }) },
    refused: (reason, peer) => void failures.push({ [reason]: peer }),
    feedRefused: (bound) => counted.push(`feed: ${bound}`),
    tls: await certificate(),
    ...over,
  }
  const start = (port: number): Promise<Api> => startApi({ host: '127.0.0.1', port, pagesDir, ...options }, given)
  const api = parts.use(await start(0))
  const kept = parts.move()
  return {
    api,
    store,
    live,
    commit,
    access,
    counted,
    password: first.password,
    failures,
    conditions,
    refuseWrites: (why) => void (refusal = why),
    stop: async () => {
      await api[Symbol.asyncDispose]()
    },
    startAgain: async () => void kept.use(await start(Number(new URL(api.url).port))),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** Empty where the answer is no JSON object. */
  readonly body: Readonly<Record<string, unknown>>
}

export interface Client {
  readonly call: (
    method: string,
    path: string,
    sent?: { json?: unknown; headers?: Record<string, string> },
  ) => Promise<Answer>
  /** Signs in; the cookie and the token go with what follows. */
  readonly signIn: (account: string, password: string) => Promise<Answer>
  readonly changePassword: (current: string, next: string) => Promise<Answer>
  readonly cookie: () => string
}

export const NEXT_PASSWORD = '窗口办公室的新口令-2026'

/** A client whose one-time password is changed already. */
export async function signedIn({ api, password }: TestApi): Promise<Client> {
  const client = clientOf(api.url)
  await client.signIn('admin', password)
  await client.changePassword(password, NEXT_PASSWORD)
  return client
}

/** `from`: the address that it calls from, any of 127.0.0.0/8. `agent`: keeps its connections; else each call has its own. */
export function clientOf(url: string, from = '127.0.0.1', agent: Agent | false = false): Client {
  let cookie = ''
  let csrf = ''
  const call: Client['call'] = async (method, path, { json, headers = {} } = {}) => {
    const body = json === undefined ? undefined : JSON.stringify(json)
    const answer = await send(
      new URL(path, url),
      { method, from, body, agent },
      {
        ...(cookie && { cookie }),
        ...(csrf && { 'x-csrf-token': csrf }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
    )
    const [set] = answer.headers['set-cookie'] ?? []
    if (set !== undefined) cookie = set.split(';')[0] ?? ''
    if (typeof answer.body['csrf'] === 'string') csrf = answer.body['csrf']
    return answer
  }
  return {
    call,
    cookie: () => cookie,
    signIn: (account, password) => call('POST', '/api/v1/session', { json: { account, password } }),
    changePassword: (current, next) => call('PUT', '/api/v1/session/password', { json: { current, next } }),
  }
}

interface Sent {
  readonly method: string
  readonly from: string
  readonly body: string | undefined
  readonly agent: Agent | false
}

const send = (url: URL, { method, from, body, agent }: Sent, headers: Record<string, string>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const how = { method, headers, localAddress: from, rejectUnauthorized: false, agent }
    const sent = request(url, how, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        const value: unknown = response.headers['content-type']?.includes('json') ? JSON.parse(text) : {}
        const answered = { status: response.statusCode ?? 0, headers: response.headers, text }
        resolve({ ...answered, body: typeof value === 'object' && value !== null ? { ...value } : {} })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })

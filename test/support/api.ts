/** The console's listener in-process: a real store, real HTTPS on loopback, and a client that keeps its cookie as a browser
 *  does. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import * as x509 from '@peculiar/x509'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { createFirstAccount } from '#collector/access/accounts.ts'
import { startApi, type Api } from '#collector/api/app.ts'
import type { Texts } from '#collector/api/incident-view.ts'
import { openCommitter, type Committer } from '#collector/ingest/committer.ts'
import { openLive, type Live } from '#collector/live.ts'
import type { Store } from '#collector/store/database.ts'
import { openTestStore } from './collector-store.ts'

export const texts: Texts = {
  rule: (id) =>
    ({
      'unregistered-medium': { zh: '使用未登记的移动存储介质', en: 'Unregistered medium used' },
      'foreign-network': { zh: '涉密计算机违规外联', en: 'Classified computer joined to another network' },
      'file-copied-from-classified': {
        zh: '未经审批从涉密计算机拷出文件',
        en: 'File copied from a classified computer without approval',
      },
    })[id],
  clause: (id) =>
    ({
      'mb-4.2-5': {
        document: '行政办公室管理保密制度模版',
        article: '四.2(5)',
        text: '未经批准,不得将机密信息存储在个人电脑、移动存储设备等外部存储介质上。',
        summary: {
          zh: '未经批准不得存入个人电脑或移动介质。',
          en: 'Without approval nothing goes onto a private computer or medium.',
        },
      },
      'law-31-1': {
        document: '中华人民共和国保守国家秘密法',
        article: '第三十一条(一)',
        text: '任何组织和个人不得有下列行为：（一）未按照国家保密规定和标准采取有效保密措施，将涉密信息系统、涉密信息设备接入互联网及其他公共信息网络',
        summary: {
          zh: '未采取有效保密措施，涉密系统和设备不得接入互联网及其他公共网络。',
          en: 'No classified system or device is joined to the internet or another public network without effective protection.',
        },
      },
      'dw-8-2': {
        document: '行政单位保密管理制度',
        article: '第八条(二)',
        text: '涉密文件、资料不得擅自复制、传播、传递,需经单位负责人批准。',
        summary: {
          zh: '复制、传播、传递涉密文件须经单位负责人批准。',
          en: 'Classified documents are copied, spread or passed on only with approval of the head of the unit.',
        },
      },
    })[id],
}

async function certificate(): Promise<{ key: string; cert: string }> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=127.0.0.1',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  })
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { key: x509.PemConverter.encode(key, 'PRIVATE KEY'), cert: made.toString('pem') }
}

export interface TestApi extends AsyncDisposable {
  readonly api: Api
  readonly store: Store
  readonly live: Live
  readonly commit: Committer['submit']
  readonly password: string
  /** What the API logged as its own failure. */
  readonly failures: unknown[]
}

export async function openTestApi(pagesDir = 'dist/console'): Promise<TestApi> {
  await using parts = new AsyncDisposableStack()
  const { store } = parts.use(await openTestStore())
  const live = openLive()
  const failures: unknown[] = []
  const first = await createFirstAccount(store.db, systemClock)
  if (first === undefined) throw new Error('The store is not new.')
  const context = { clock: systemClock, live, channels: ['mail:保密办'], onCommit: () => undefined }
  const { submit: commit } = openCommitter(store, context)
  const api = parts.use(
    await startApi(
      { host: '127.0.0.1', port: 0, pagesDir: new URL(`../../${pagesDir}`, import.meta.url).pathname },
      {
        store,
        clock: systemClock,
        live,
        texts,
        metrics: () => 'shoumi_up 1\n',
        log: { error: (sentence, fields) => failures.push({ sentence, ...fields }) },
        tls: await certificate(),
      },
    ),
  )
  const kept = parts.move()
  return {
    api,
    store,
    live,
    commit,
    password: first.password,
    failures,
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

export function clientOf(url: string): Client {
  let cookie = ''
  let csrf = ''
  const call: Client['call'] = async (method, path, { json, headers = {} } = {}) => {
    const body = json === undefined ? undefined : JSON.stringify(json)
    const answer = await send(new URL(path, url), method, body, {
      ...(cookie && { cookie }),
      ...(csrf && { 'x-csrf-token': csrf }),
      ...(body && { 'content-type': 'application/json' }),
      ...headers,
    })
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

const send = (url: URL, method: string, body: string | undefined, headers: Record<string, string>): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, rejectUnauthorized: false, agent: false }, (response) => {
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

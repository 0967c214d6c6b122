/** The API as a console asks it, over one kept connection: answers, and how long they took. */
import { Agent, request } from 'node:https'

export interface Client extends Disposable {
  /** ms from asking to the end of the answer; throws where it is no 200. */
  readonly get: (path: string) => Promise<{ ms: number; body: string }>
  /** ms until the first bytes of the live feed are there. */
  readonly feed: (path: string) => Promise<number>
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly cookie: string | undefined
}

/** Signs in with the one-time password of `init`, and changes it. */
export async function signIn(url: string, account: string, password: string): Promise<Client> {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 4 })
  const call = (path: string, method: string, headers: Record<string, string>, body?: unknown): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const type = body === undefined ? {} : { 'content-type': 'application/json' }
      const ask = request(`${url}${path}`, { agent, method, headers: { ...headers, ...type } }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        const cookie = response.headers['set-cookie']?.[0]?.split(';')[0]
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text, cookie }))
      })
      ask.once('error', reject)
      ask.end(body === undefined ? undefined : JSON.stringify(body))
    })
  const first = await call('/api/v1/session', 'POST', {}, { account, password })
  if (first.status !== 200) throw new Error(`Sign-in: ${first.status} ${first.body}`)
  const { csrf } = JSON.parse(first.body) as { csrf: string }
  const next = { current: password, next: `${password}-and-more` }
  const headers = { cookie: first.cookie ?? '', 'x-csrf-token': csrf }
  const changed = await call('/api/v1/session/password', 'PUT', headers, next)
  if (changed.status !== 200) throw new Error(`Password: ${changed.status} ${changed.body}`)
  const cookie = changed.cookie ?? ''
  return {
    async get(path) {
      const at = performance.now()
      const { status, body } = await call(path, 'GET', { cookie })
      if (status !== 200) throw new Error(`${path}: ${status} ${body}`)
      return { ms: performance.now() - at, body }
    },
    feed: (path) =>
      new Promise((resolve, reject) => {
        const at = performance.now()
        const ask = request(`${url}${path}`, { agent, headers: { cookie } }, (response) => {
          response.once('data', () => {
            resolve(performance.now() - at)
            response.destroy()
          })
        })
        ask.once('error', (error) => reject(error))
        ask.end()
      }),
    [Symbol.dispose]: () => agent.destroy(),
  }
}

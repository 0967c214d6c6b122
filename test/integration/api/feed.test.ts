import { once } from 'node:events'
import { Writable } from 'node:stream'
import { connect } from 'node:tls'
import { expect, test } from 'vitest'
import { outlet } from '#collector/api/outlet.ts'
import { type FeedSource, writeFeed } from '#collector/api/feed-writer.ts'
import { resetPassword } from '#collector/access/accounts.ts'
import { hashOfCookie } from '#collector/access/session-acts.ts'
import { collectorActs } from '#collector/incidents/workflow/collector-acts.ts'
import { openLive } from '#collector/live.ts'
import { insertAccount, insertSession } from '#collector/store/accounts.ts'
import { stampRevisions } from '#collector/store/incidents.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import {
  type Client,
  clientOf,
  NEXT_PASSWORD,
  openTestApi,
  signedIn,
  testing,
  type TestApi,
} from '../../support/api.ts'
import { addEndpoint } from '../../support/collector-store.ts'
import { start } from '../../support/events.ts'
import { eventually } from '../../support/eventually.ts'
import { openFeed } from '../../support/feed.ts'
import { addIncident, putIncident } from '../../support/put-incidents.ts'

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n)

/** An endpoint whose incidents are told as the commit tells them. */
async function endpointWith({ store, live }: TestApi) {
  const agent = await addEndpoint(store, 1)
  return {
    agent,
    async incidents(count: number): Promise<void> {
      await store.write(async (tx) => {
        for (let n = 0; n < count; n++) await putIncident(tx, { agent })
      })
      live.changed({ type: 'incident', id: 'any' })
    },
  }
}

test('what changes arrives whole, and whoever comes back gets everything since, once and in order', async () => {
  await using tested = await openTestApi()
  const endpoint = await endpointWith(tested)
  await endpoint.incidents(1)
  const client = await signedIn(tested)
  const { body } = await client.call('GET', '/api/v1/incidents')
  expect(body).toMatchObject({ revision: 1, feed: expect.stringMatching(/^[0-9a-f-]{36}\.1$/) })
  const place = (revision: number) => `${String(body['feed']).slice(0, 36)}.${revision}`

  const feed = await openFeed(client, tested.api.url, `?after=${place(1)}`)
  expect(feed).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream' } })
  await endpoint.incidents(1)
  const arrived = await feed.next(({ event: name }) => name === 'incident')
  expect(arrived).toMatchObject({ id: place(2), data: { revision: 2, severity: 'high', endpoint: { name: '办公-1' } } })
  tested.live.changed({ type: 'endpoint', id: endpoint.agent })
  expect(await feed.next(({ event: name }) => name === 'endpoint')).toMatchObject({ data: { name: '办公-1' } })
  feed[Symbol.dispose]()

  await endpoint.incidents(250) // more than two pages
  using back = await openFeed(client, tested.api.url, `?after=${place(0)}`, { 'last-event-id': place(2) })
  await back.next(({ id }) => id === place(252))
  expect(back.messages.map(({ event, id }) => [event, id])).toEqual(range(3, 253).map((n) => ['incident', place(n)]))
})

test('whoever comes with the place of another store is told to begin anew, and then hears what comes', async () => {
  await using tested = await openTestApi()
  const endpoint = await endpointWith(tested)
  await endpoint.incidents(3)
  const client = await signedIn(tested)
  const other = '11111111-1111-4111-8111-111111111111'
  const { body } = await client.call('GET', '/api/v1/incidents')
  const ahead = `${String(body['feed']).slice(0, 36)}.900`
  for (const place of [`${other}.2`, ahead, '17', 'nonsense']) {
    using feed = await openFeed(client, tested.api.url, `?after=${encodeURIComponent(place)}`)
    const first = await feed.next(() => true)
    expect([place, first.event]).toEqual([place, 'reset'])
    await endpoint.incidents(1)
    const { data } = await feed.next(({ event: name }) => name === 'incident')
    expect(first.id).toMatch(new RegExp(`\\.${Number(data['revision']) - 1}$`))
  }
})

test('what was withdrawn is told, and so is what is old and arrives only now', async () => {
  await using tested = await openTestApi()
  const { agent } = await endpointWith(tested)
  const client = await signedIn(tested)
  using feed = await openFeed(client, tested.api.url)
  const incident = { openedAt: start - 14 * 86_400_000, severity: 'critical' as const }
  const { id, number } = await addIncident(tested.store, { agent, incident, arrivedAt: start })
  tested.live.changed({ type: 'incident', id })
  expect(await feed.next(({ data }) => data['id'] === id)).toMatchObject({ data: { severity: 'critical' } })
  await tested.store.write(async (tx) => {
    await collectorActs(tx, [{ incident: number, kind: 'withdrawn', at: 1, reason: 'refolded' }])
    await stampRevisions(tx, [number])
  })
  tested.live.changed({ type: 'incident', id })
  await feed.next(({ data }) => data['stage'] === 'withdrawn')
})

const enders: Readonly<
  Record<string, (tested: TestApi, client: Awaited<ReturnType<typeof signedIn>>) => Promise<unknown>>
> = {
  'a sign-out': (_tested, client) => client.call('DELETE', '/api/v1/session'),
  'a change of password': (_tested, client) => client.changePassword(NEXT_PASSWORD, `${NEXT_PASSWORD}!`),
  'a reset in another process': ({ access }) => resetPassword(access, testing, 'admin'),
  'the end of its time': ({ store }) => store.write((tx) => tx.updateTable('session').set({ expires_at: 1 }).execute()),
}
test.for(Object.entries(enders))('%s cuts the feed, and nothing is told after it', async ([, end]) => {
  await using tested = await openTestApi()
  const endpoint = await endpointWith(tested)
  const client = await signedIn(tested)
  using feed = await openFeed(client, tested.api.url)
  await end(tested, client)
  await endpoint.incidents(1)
  expect(await feed.next(({ event }) => event === 'end', 3_000)).toMatchObject({ data: { reason: 'session-ended' } })
  expect(feed.messages.map(({ event }) => event)).toEqual(['end'])
})

test('a feed begins at once behind a proxy that speaks HTTP/1.0 and holds back what it is not told to pass on', async () => {
  await using tested = await openTestApi()
  const client = await signedIn(tested)
  const { port } = new URL(tested.api.url)
  const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  socket.write(`GET /api/v1/feed HTTP/1.0\r\nHost: shoumi\r\nCookie: ${client.cookie()}\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    if (text.includes('retry: ')) break
  }
  expect(text).toMatch(/^HTTP\/1\.1 200 /)
  expect(text.toLowerCase()).toContain('x-accel-buffering: no')
  expect(text.toLowerCase()).not.toContain('transfer-encoding')
})

const never = { ended: new AbortController().signal, stopping: new AbortController().signal }
const quiet = { reset: undefined, mayStay: async () => true }
const nothing = { incidents: [], endpoints: [] }

test('a feed says now and then that it is there, and ends with its session', async () => {
  let now = 0
  const written: string[] = []
  const out = new Writable({ write: (chunk, _encoding, done) => (written.push(String(chunk)), done()) })
  const clock = { ...systemClock, monotonic: () => now, sleep: async (ms: number) => void (now += ms) }
  const source: FeedSource = { ...quiet, next: async () => nothing, mayStay: async () => now < 40_000 }
  expect(await writeFeed(outlet(out, clock), { source, live: openLive(), clock }, never)).toBe('session-ended')
  expect(now).toBeLessThan(42_000)
  expect(written.filter((text) => text === 'event: beat\ndata: {}\n\n')).toHaveLength(2)
})

test('a client that takes nothing is let go, and holds up one page at most', async () => {
  const live = openLive()
  let asked = 0
  const out = new Writable({ highWaterMark: 100, write: () => undefined }) // never done: a full socket
  const clock = { ...systemClock, sleep: async (_ms: number) => undefined }
  const page = { incidents: [{ id: 'a.1', json: JSON.stringify('x'.repeat(100)) }], endpoints: [] }
  const source: FeedSource = { ...quiet, next: async () => (asked++, page) }
  const reason = writeFeed(outlet(out, clock), { source, live, clock }, never)
  live.changed({ type: 'incident', id: 'a' })
  expect(await reason).toBe('too-slow')
  expect(asked).toBe(1)
})

test('the collector says goodbye to a feed when it stops, and stops at once', async () => {
  const tested = await openTestApi()
  const client = await signedIn(tested)
  using feed = await openFeed(client, tested.api.url)
  await tested[Symbol.asyncDispose]()
  expect(await feed.next(({ event: name }) => name === 'end')).toMatchObject({ data: { reason: 'shutting-down' } })
})

const MOST = 64
const OF_ACCOUNT = 16

/** Somebody else's session, as if they had signed in. */
async function sessionOfOther({ store, api }: TestApi, name: string): Promise<Client> {
  const cookie = `cookie-of-${name}`
  await store.write(async (tx) => {
    const account = { name, role: 'bootstrap', password_hash: '', must_change: 0, created_at: 1 } as const
    const account_id = await insertAccount(tx, account)
    const life = { created_at: 1, expires_at: Date.now() + 3_600_000 }
    await insertSession(tx, { hash: hashOfCookie(cookie), account_id, csrf: name, ...life })
  })
  return { ...clientOf(api.url), cookie: () => `__Host-shoumi=${cookie}` }
}

test('nobody gets a feed without a session', async () => {
  await using tested = await openTestApi()
  expect((await clientOf(tested.api.url).call('GET', '/api/v1/feed')).status).toBe(401)
})

test('an account gets its share of the feeds, however many ask at once; others get theirs, up to what there is', async () => {
  await using tested = await openTestApi()
  const { url } = tested.api
  const others: Client[] = []
  for (const name of ['b', 'c', 'd', 'e', 'f']) others.push(await sessionOfOther(tested, name))
  const feeds: Awaited<ReturnType<typeof openFeed>>[] = []
  const open = async (client: Client, count: number): Promise<number[]> => {
    const asked = await Promise.all(range(0, count).map(() => openFeed(client, url)))
    feeds.push(...asked)
    return asked.map(({ status = 0 }) => status).toSorted((a, b) => a - b)
  }
  const greedy = await signedIn(tested)
  const granted = Array<number>(OF_ACCOUNT).fill(200)
  expect(await open(greedy, OF_ACCOUNT + 10)).toEqual([...granted, ...Array<number>(10).fill(429)])
  expect(await greedy.call('GET', '/api/v1/feed')).toMatchObject({ status: 429, headers: { 'retry-after': '30' } })
  expect(tested.counted.filter((what) => what === 'feed: account')).toHaveLength(11)
  for (const other of others.slice(0, MOST / OF_ACCOUNT - 1)) expect(await open(other, OF_ACCOUNT)).toEqual(granted)
  const [late] = others.slice(-1)
  if (late === undefined) throw new Error('There are five others.')
  expect(await open(late, 1)).toEqual([503])
  expect(feeds.at(-1)).toMatchObject({ headers: { 'retry-after': '30' } })
  expect(tested.counted).toContain('feed: all')
  for (const feed of feeds) feed[Symbol.dispose]()
  await eventually(async () => expect(await open(greedy, 1)).toEqual([200]))
  expect(await open(late, OF_ACCOUNT)).toEqual(granted)
  for (const feed of feeds) feed[Symbol.dispose]()
  expect(tested.failures).toEqual([])
})

test('a browser that leaves before its feed began leaves its place to the next', async () => {
  await using tested = await openTestApi()
  const client = await signedIn(tested)
  const { port } = new URL(tested.api.url)
  const asking = `GET /api/v1/feed HTTP/1.1\r\nHost: shoumi\r\nCookie: ${client.cookie()}\r\n\r\n`
  for (let gone = 0; gone < 2 * OF_ACCOUNT; gone++) {
    const socket = connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    socket.write(asking, () => socket.destroy())
    await once(socket, 'close')
  }
  await eventually(async () => {
    using feed = await openFeed(client, tested.api.url)
    expect(feed.status).toBe(200)
  })
})

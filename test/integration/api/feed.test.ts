import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { outlet } from '#collector/api/outlet.ts'
import { writeFeed } from '#collector/api/feed-writer.ts'
import { resetPassword } from '#collector/access/accounts.ts'
import { openLive } from '#collector/live.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { clientOf, openTestApi, signedIn, type TestApi } from '../../support/api.ts'
import { addEndpoint, agentOf, batchOf } from '../../support/collector-store.ts'
import { event, verdict } from '../../support/events.ts'
import { openFeed } from '../../support/feed.ts'

const stay = (n: number) =>
  event('medium.connected', n * 1000, {
    subject: { plug: n.toString(16).padStart(32, '0'), medium: { key: `k${n}`, score: 0, status: 'unregistered' } },
    verdicts: [verdict()],
    detail: { bus: 'usb' },
  })

async function endpointWith({ store, commit }: TestApi) {
  const endpoint = { id: await addEndpoint(store, 1), agent: agentOf(1) }
  const epoch = (n: number) => ({ epoch: `${String(n).padStart(8, '0')}-2222-4222-8222-222222222222` })
  return {
    ...endpoint,
    stays: (from: number, to: number) => commit(batchOf(endpoint, range(from, to).map(stay), epoch(from))),
  }
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n)

test('what changes arrives whole, and whoever comes back gets everything since, once and in order', async () => {
  await using tested = await openTestApi()
  const endpoint = await endpointWith(tested)
  await endpoint.stays(0, 1)
  const client = await signedIn(tested)
  const { body } = await client.call('GET', '/api/v1/incidents')
  expect(body['revision']).toBe(1)

  const feed = await openFeed(client, tested.api.url, '?after=1')
  expect(feed).toMatchObject({ status: 200, headers: { 'content-type': 'text/event-stream' } })
  await endpoint.stays(1, 2)
  const arrived = await feed.next(({ event: name }) => name === 'incident')
  expect(arrived).toMatchObject({ id: '2', data: { revision: 2, severity: 'high', endpoint: { name: '办公-1' } } })
  tested.live.changed({ type: 'endpoint', id: endpoint.id })
  expect(await feed.next(({ event: name }) => name === 'endpoint')).toMatchObject({ data: { name: '办公-1' } })
  feed[Symbol.dispose]()

  await endpoint.stays(2, 252) // more than two pages
  using back = await openFeed(client, tested.api.url, '?after=0', { 'last-event-id': '2' })
  await back.next(({ id }) => id === '252')
  expect(back.messages.map(({ id }) => Number(id))).toEqual(range(3, 253))
})

test('a feed ends with its session', async () => {
  let now = 0
  const out = new Writable({ write: (_chunk, _encoding, done) => done() })
  const clock = {
    ...systemClock,
    monotonic: () => now,
    sleep: async (ms: number) => void (now += ms),
  }
  const source = { incidentsSince: async () => [], endpoint: async () => undefined, mayStay: async () => now < 40_000 }
  const ended = await writeFeed(outlet(out, clock), 0, { source, live: openLive(), clock }, AbortSignal.timeout(5_000))
  expect(ended).toBe('session-ended')
  expect(now).toBeLessThan(60_000)
})

test('a client that takes nothing is let go, and holds up one page at most', async () => {
  const live = openLive()
  const asked: number[] = []
  const out = new Writable({ highWaterMark: 100, write: () => undefined }) // never done: a full socket
  const clock = { ...systemClock, sleep: async (_ms: number) => undefined }
  const page = { revision: 1, json: JSON.stringify('x'.repeat(100)) }
  const source = {
    incidentsSince: async (revision: number) => (asked.push(revision), [page]),
    endpoint: async () => undefined,
    mayStay: async () => true,
  }
  const reason = writeFeed(outlet(out, clock), 0, { source, live, clock }, AbortSignal.timeout(5_000))
  live.changed({ type: 'incident', id: 'a' })
  expect(await reason).toBe('too-slow')
  expect(asked).toEqual([0])
})

test('the collector says goodbye to a feed when it stops, and stops at once', async () => {
  const tested = await openTestApi()
  const client = await signedIn(tested)
  using feed = await openFeed(client, tested.api.url)
  await tested[Symbol.asyncDispose]()
  expect(await feed.next(({ event: name }) => name === 'end')).toMatchObject({ data: { reason: 'shutting-down' } })
})

test('nobody gets a feed without a session, and the sixty-fifth is told to come back', async () => {
  await using tested = await openTestApi()
  expect((await clientOf(tested.api.url).call('GET', '/api/v1/feed')).status).toBe(401)
  const client = await signedIn(tested)
  const feeds = await Promise.all(range(0, 64).map(() => openFeed(client, tested.api.url)))
  const answer = await client.call('GET', '/api/v1/feed')
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '30' } })
  for (const feed of feeds) feed[Symbol.dispose]()
  await resetPassword(tested.store.db, 'admin')
  expect(tested.failures).toEqual([])
})

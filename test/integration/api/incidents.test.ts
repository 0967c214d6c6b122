import { expect, test } from 'vitest'
import { saveHeartbeat, setConnected } from '#collector/store/endpoints.ts'
import { openTestApi, signedIn, type Client, type TestApi } from '../../support/api.ts'
import { addEndpoint, agentOf, batchOf, epochOf } from '../../support/collector-store.ts'
import { episodeEvents, event, start, stayEvents, verdict } from '../../support/events.ts'

const plugOf = (n: number): string => n.toString(16).padStart(32, '0')

async function withTwoIncidents({ store, commit }: TestApi): Promise<void> {
  const first = await addEndpoint(store, 1)
  const second = await addEndpoint(store, 2, { department: '机要室', level: 'secret', responsible: null })
  await commit(batchOf({ id: first, agent: agentOf(1) }, stayEvents(), { receivedAt: start + 3_600_000 }))
  await commit(batchOf({ id: second, agent: agentOf(2) }, episodeEvents(10_000), { epoch: epochOf(2) }))
}
const itemsOf = ({ body }: { body: Readonly<Record<string, unknown>> }) => body['items'] as Record<string, unknown>[]
const list = async (client: Client, query: string) => itemsOf(await client.call('GET', `/api/v1/incidents${query}`))

test('an incident tells who, which machine, what medium, what left and which clause, and no more than that', async () => {
  await using tested = await openTestApi()
  await withTwoIncidents(tested)
  const client = await signedIn(tested)
  const [episode, stay] = await list(client, '')
  expect(stay).toMatchObject({
    kind: 'stay',
    severity: 'high',
    receivedLate: true,
    endedBy: 'removed',
    endpoint: { name: '办公-1', department: '综合科', level: 'internal', responsible: '张三', networkKind: 'intranet' },
    medium: { usbSerial: 'SN0001AB', label: 'STICK', status: 'unregistered' },
    files: { copied: 1, interrupted: 1, first: [{ path: '/media/stick/名单.docx', outcome: 'copied' }, {}] },
    rules: [{ title: { zh: '使用未登记的移动存储介质' }, clause: { article: '四.2(5)', text: expect.any(String) } }],
  })
  expect(stay?.['medium']).not.toHaveProperty('score')
  expect(episode).toMatchObject({
    kind: 'network-episode',
    severity: 'critical',
    endpoint: { department: '机要室' },
    network: { interface: { name: 'enx0' }, broke: [{ text: '10.9.9.9/24' }, { text: '0.0.0.0/0 via 10.9.9.1' }] },
  })
  expect(episode).not.toHaveProperty('span')
  expect(episode?.['endpoint']).not.toHaveProperty('responsible')
  const { body } = await client.call('GET', `/api/v1/incidents/${String(stay?.['id'])}`)
  expect(body).toEqual(stay)
})

test('the list pages by cursor, newest first, and filters; the counts go by department and severity', async () => {
  await using tested = await openTestApi()
  const endpoint = { id: await addEndpoint(tested.store, 1), agent: agentOf(1) }
  const stays = Array.from({ length: 7 }, (_, n) =>
    event('medium.connected', n * 1000, {
      subject: { plug: plugOf(n), medium: { key: `k${n}`, score: 0, status: 'unregistered' } },
      verdicts: [verdict({ severity: n % 2 === 0 ? 'high' : 'moderate' })],
      detail: { bus: 'usb' },
    }),
  )
  await tested.commit(batchOf(endpoint, stays))
  const client = await signedIn(tested)

  const seen: unknown[] = []
  for (let query = '?limit=3'; query !== '';) {
    const { body } = await client.call('GET', `/api/v1/incidents${query}`)
    seen.push(...(body['items'] as { openedAt: number }[]).map(({ openedAt }) => (openedAt - start) / 1000))
    query = typeof body['next'] === 'string' ? `?limit=3&before=${body['next']}` : ''
  }
  expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0])
  expect(await list(client, '?severity=moderate')).toHaveLength(3)
  expect(await list(client, '?kind=network-episode')).toHaveLength(0)
  expect(await list(client, `?department=${encodeURIComponent('综合科')}&severity=high`)).toHaveLength(4)
  expect(await list(client, `?department=${encodeURIComponent('别的科')}`)).toHaveLength(0)
  expect(itemsOf(await client.call('GET', '/api/v1/incidents/counts'))).toEqual([
    { department: '综合科', severity: 'high', count: 4 },
    { department: '综合科', severity: 'moderate', count: 3 },
  ])
})

test('the timeline has every event with its place in the proof; the newest events are listed the other way round', async () => {
  await using tested = await openTestApi()
  await withTwoIncidents(tested)
  const client = await signedIn(tested)
  const [episode, stay] = await list(client, '')
  const timeline = async (incident: unknown, query = '') =>
    client.call('GET', `/api/v1/incidents/${String(incident)}/events${query}`)
  const first = await timeline(stay?.['id'], '?limit=5')
  const rest = await timeline(stay?.['id'], `?limit=5&after=${String(first.body['next'])}`)
  const events = [...itemsOf(first), ...itemsOf(rest)]
  expect(events.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(events[3]).toMatchObject({
    kind: 'file.copied',
    epoch: epochOf(1),
    file: { path: '/media/stick/名单.docx', sizeBytes: 1000 },
    receivedLate: true,
    rules: [],
    count: 1,
  })
  expect(rest.body).not.toHaveProperty('next')
  expect(itemsOf(await timeline(episode?.['id']))[1]).toMatchObject({
    kind: 'net.address',
    address: '10.9.9.9/24',
    change: 'added',
    severity: 'critical',
    rules: ['foreign-network'],
  })
  const newest = itemsOf(await client.call('GET', '/api/v1/events?limit=2'))
  expect(newest.map(({ kind }) => kind)).toEqual(['net.link-down', 'net.route-changed'])
})

test('endpoints say whether they are connected, or since when not, and what to do', async () => {
  await using tested = await openTestApi()
  const { db } = tested.store
  const id = await addEndpoint(tested.store, 1)
  const since = '2026-01-05T09:00:00.000+08:00'
  const condition = {
    code: 'key.not-sealed',
    severity: 'low',
    since,
    text: 'The key is in a file.',
    todo: 'Add a TPM.',
  }
  await setConnected(db, id, start, { version: '0.1.0', policy_version: 0, register_version: 0 })
  await saveHeartbeat(db, id, start + 1, JSON.stringify({ conditions: [condition], journal: { unreceipted: 3 } }))
  await addEndpoint(tested.store, 2, { department: '机要室' })
  const client = await signedIn(tested)
  const { body } = await client.call('GET', '/api/v1/endpoints')
  expect(body['items']).toMatchObject([
    { name: '办公-2', status: 'confirmed', conditions: [] },
    { name: '办公-1', connectedSince: start, lastSeenAt: start + 1, conditions: [condition], unreceipted: 3 },
  ])
  for (const hidden of ['verifier_key', 'passport', 'certificate_serial'])
    expect(JSON.stringify(body)).not.toContain(hidden)
})

test('alerts that wait are counted by channel, and listed', async () => {
  await using tested = await openTestApi()
  await withTwoIncidents(tested)
  const client = await signedIn(tested)
  const { body } = await client.call('GET', '/api/v1/alerts?limit=1')
  expect(body).toMatchObject({
    channels: [{ channel: 'mail', waiting: 2, refused: 0 }],
    items: [{ state: 'waiting' }],
  })
  const next = await client.call('GET', `/api/v1/alerts?limit=1&before=${String(body['next'])}`)
  expect(itemsOf(next)).toHaveLength(1)
  expect(itemsOf(next)[0]?.['id']).not.toBe((body['items'] as { id: string }[])[0]?.id)
})

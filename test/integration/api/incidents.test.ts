import { expect, test } from 'vitest'
import type { Incident } from '#collector/incidents/correlate/incident.ts'
import { saveHeartbeats, setConnected } from '#collector/store/agents.ts'
import { retireEndpoint } from '#collector/store/endpoints.ts'
import { openTestApi, signedIn, type Client, type TestApi } from '../../support/api.ts'
import { addEndpoint, agentOf, epochOf } from '../../support/collector-store.ts'
import { episodeEvents, start, stayEvents } from '../../support/events.ts'
import { addEvents, addIncident, putIncident } from '../../support/put-incidents.ts'

const DAY = 86_400_000
const stay: Partial<Incident> = {
  openedAt: start,
  lastAt: start + 4002,
  endedAt: start + 4002,
  endedBy: 'removed',
  receivedLate: true,
  events: 8,
  medium: { key: 'usb:46f4:0001:SN0001AB', usbSerial: 'SN0001AB', label: 'STICK', score: 3, status: 'unregistered' },
  files: {
    copied: 1,
    interrupted: 1,
    started: 2,
    first: [
      { path: '/media/stick/名单.docx', outcome: 'copied', sizeBytes: 1000, copy: 'a' },
      { path: '/media/stick/big.bin', outcome: 'interrupted', copy: 'b' },
    ],
  },
}
const card = '0123456789abcdef0123456789abcdef'
const episode: Partial<Incident> = {
  kind: 'network-episode',
  openedAt: start + 10_000,
  severity: 'critical',
  rules: [{ rule: 'foreign-network', clause: 'law-31-1', severity: 'critical', count: 2 }],
  network: {
    interface: { index: 7, name: 'enx0', type: 'ethernet', card },
    contacts: 700,
    parts: 1,
    newest: [
      { began: 'live', from: start, to: start + 5, ended: 'recovered', between: { after: start, before: start + 9 } },
    ],
    broke: [{ what: 'address', text: '10.9.9.9/24', gone: true }],
  },
}

/** A stay that arrived late, and an episode of another department. */
async function withTwoIncidents({ store }: TestApi) {
  const first = await addEndpoint(store, 1)
  const second = await addEndpoint(store, 2, { department: '机要室', level: 'secret', responsible: null })
  const ofStay = await addIncident(store, { agent: first, incident: stay, arrivedAt: start + 3_600_000 })
  const ofEpisode = await addIncident(store, { agent: second, incident: episode })
  await addEvents(
    store,
    { agent: first, epoch: epochOf(1), incident: ofStay.number, receivedAt: start + 3_600_000 },
    stayEvents(),
  )
  await addEvents(store, { agent: second, epoch: epochOf(2), incident: ofEpisode.number }, episodeEvents(10_000))
  return { ofStay, ofEpisode }
}
const itemsOf = ({ body }: { body: Readonly<Record<string, unknown>> }) => body['items'] as Record<string, unknown>[]
const list = async (client: Client, query: string) => itemsOf(await client.call('GET', `/api/v1/incidents${query}`))

test('an incident tells who, which machine, what medium, what left and which clause, and no more than that', async () => {
  await using tested = await openTestApi()
  const { ofStay } = await withTwoIncidents(tested)
  const client = await signedIn(tested)
  const [first, second] = await list(client, '')
  expect(second).toMatchObject({
    kind: 'stay',
    number: ofStay.number,
    stage: 'open',
    version: 0,
    severity: 'high',
    receivedLate: true,
    endedBy: 'removed',
    unverified: false,
    arrivedAt: start + 3_600_000,
    endpoint: {
      id: 1,
      agent: agentOf(1),
      name: '办公-1',
      department: '综合科',
      level: 'internal',
      responsible: '张三',
      networkKind: 'intranet',
    },
    medium: { usbSerial: 'SN0001AB', label: 'STICK', status: 'unregistered' },
    files: { copied: 1, interrupted: 1, first: [{ path: '/media/stick/名单.docx', outcome: 'copied' }, {}] },
    rules: [{ title: { zh: '使用未登记的移动存储介质' }, clause: { article: '四.2(5)', text: expect.any(String) } }],
  })
  expect(second?.['medium']).not.toHaveProperty('score')
  expect(first).toMatchObject({
    kind: 'network-episode',
    severity: 'critical',
    endpoint: { department: '机要室' },
    network: { contacts: 700, newest: [{ between: { after: start } }], broke: [{ text: '10.9.9.9/24' }] },
  })
  expect(first?.['endpoint']).not.toHaveProperty('responsible')
  const { body } = await client.call('GET', `/api/v1/incidents/${String(second?.['id'])}`)
  expect(body).toEqual(second)
})

test('the lists page by cursor in either order, each incident once, and filter by any combination', async () => {
  await using tested = await openTestApi()
  const agents = [await addEndpoint(tested.store, 1), await addEndpoint(tested.store, 2, { department: '机要室' })]
  const severities = ['critical', 'high', 'moderate', 'low'] as const
  const stages = ['open', 'acknowledged', 'false-alarm', 'closed', 'withdrawn'] as const
  const all = Array.from({ length: 60 }, (_, n) => ({
    agent: agents[n % 2] ?? 0,
    department: n % 2 === 0 ? '综合科' : '机要室',
    severity: severities[n % 4] ?? 'low',
    stage: stages[n % 5] ?? 'open',
    kind: n % 3 === 0 ? ('stay' as const) : ('network-episode' as const),
    happened: start + ((n * 37) % 60) * 1000,
    arrived: start + DAY + n * 1000,
  }))
  await tested.store.write(async (tx) => {
    for (const { agent, severity, stage, kind, happened, arrived } of all)
      await putIncident(tx, { agent, stage, incident: { kind, severity, openedAt: happened }, arrivedAt: arrived })
  })
  const client = await signedIn(tested)
  const pages = async (order: 'happened' | 'arrived', filter: Record<string, string>) => {
    const seen: number[] = []
    for (let before: string | undefined = ''; before !== undefined;) {
      const query = new URLSearchParams({
        ...filter,
        order,
        limit: '7',
        ...(before !== '' && { before }),
      })
      const answer = await client.call('GET', `/api/v1/incidents?${query.toString()}`)
      expect(answer.body['total']).toBe(all.filter((one) => fits(one, filter)).length)
      seen.push(...itemsOf(answer).map((item) => Number(item[order === 'happened' ? 'openedAt' : 'arrivedAt'])))
      before = typeof answer.body['next'] === 'string' ? answer.body['next'] : undefined
    }
    return seen
  }
  const fits = (one: Record<string, unknown>, filter: Record<string, string>): boolean =>
    Object.entries(filter).every(([name, value]) => one[name] === value)
  const filters: Record<string, string>[] = [
    {},
    { department: '机要室' },
    { severity: 'high' },
    { stage: 'closed' },
    { kind: 'stay' },
    { department: '机要室', severity: 'high' },
    { severity: 'moderate', kind: 'stay' },
    { stage: 'open', kind: 'network-episode', department: '综合科' },
    { department: '综合科', severity: 'critical', stage: 'open', kind: 'stay' },
    { department: '没有的科室', severity: 'low' },
  ]
  for (const order of ['happened', 'arrived'] as const)
    for (const filter of filters) {
      const expected = all.filter((one) => fits(one, filter)).map((one) => one[order])
      expect([filter, await pages(order, filter)]).toEqual([filter, expected.toSorted((a, b) => b - a)])
    }
})

test('what waits for somebody is counted by department and severity, and what somebody is done with is not', async () => {
  await using tested = await openTestApi()
  const agent = await addEndpoint(tested.store, 1)
  for (const [severity, stage] of [
    ['high', 'open'],
    ['high', 'acknowledged'],
    ['high', 'closed'],
    ['moderate', 'open'],
    ['moderate', 'withdrawn'],
  ] as const)
    await addIncident(tested.store, { agent, stage, incident: { severity } })
  const client = await signedIn(tested)
  expect(itemsOf(await client.call('GET', '/api/v1/incidents/counts'))).toEqual([
    { department: '综合科', severity: 'high', count: 2 },
    { department: '综合科', severity: 'moderate', count: 1 },
  ])
  for (const [query, count] of [
    ['', 3],
    ['&severity=high', 2],
    ['&severity=moderate&department=%E7%BB%BC%E5%90%88%E7%A7%91', 1],
  ] as const) {
    const answer = await client.call('GET', `/api/v1/incidents?stage=waiting${query}`)
    expect(answer.body).toMatchObject({ total: count })
    expect(itemsOf(answer)).toHaveLength(count)
  }
  await tested.store.write(async (tx) => {
    await tx.updateTable('incident').set({ severity: 0 }).where('severity', '=', 2).execute()
  })
  expect(itemsOf(await client.call('GET', '/api/v1/incidents/counts'))).toEqual([
    { department: '综合科', severity: 'critical', count: 1 },
    { department: '综合科', severity: 'high', count: 2 },
  ])
})

test('what a machine that was away for a fortnight tells is on the first page of what arrived', async () => {
  await using tested = await openTestApi()
  const agent = await addEndpoint(tested.store, 1)
  const now = start + 14 * DAY
  await tested.store.write(async (tx) => {
    for (let n = 0; n < 60; n++)
      await putIncident(tx, {
        agent,
        incident: { openedAt: now - (60 - n) * 60_000 },
        arrivedAt: now - (60 - n) * 60_000,
      })
  })
  const away = await addIncident(tested.store, {
    agent,
    incident: { openedAt: start, severity: 'critical' },
    arrivedAt: now,
  })
  const client = await signedIn(tested)
  expect((await list(client, '?order=arrived'))[0]).toMatchObject({
    id: away.id,
    openedAt: start,
    severity: 'critical',
  })
  expect((await list(client, '')).map(({ id }) => id)).not.toContain(away.id)
})

test('the timeline has every event with its place in the proof, in full pages; the newest events are listed the other way round', async () => {
  await using tested = await openTestApi()
  const { ofStay, ofEpisode } = await withTwoIncidents(tested)
  const client = await signedIn(tested)
  const timeline = async (incident: string, query = '') =>
    client.call('GET', `/api/v1/incidents/${incident}/events${query}`)
  const first = await timeline(ofStay.id, '?limit=5')
  const rest = await timeline(ofStay.id, `?limit=5&after=${String(first.body['next'])}`)
  expect(itemsOf(first)).toHaveLength(5)
  const events = [...itemsOf(first), ...itemsOf(rest)]
  expect(events.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect(events[3]).toMatchObject({
    kind: 'file.copied',
    epoch: epochOf(1),
    agent: agentOf(1),
    at: start + 2500,
    unverified: true,
    file: { path: '/media/stick/名单.docx', sizeBytes: 1000 },
    receivedLate: true,
    rules: [],
    count: 1,
  })
  expect(rest.body).not.toHaveProperty('next')
  expect(itemsOf(await timeline(ofEpisode.id))[1]).toMatchObject({
    kind: 'net.address',
    address: '10.9.9.9/24',
    change: 'added',
    severity: 'critical',
    rules: ['foreign-network'],
  })
  const newest = itemsOf(await client.call('GET', '/api/v1/events?limit=2'))
  expect(newest.map(({ kind }) => kind)).toEqual(['net.link-down', 'net.route-changed'])
})

test('an event is timed by what vouches for its boot’s clock, also when that comes later', async () => {
  await using tested = await openTestApi()
  const { ofStay } = await withTwoIncidents(tested)
  const client = await signedIn(tested)
  await tested.store.write(async (tx) => {
    await tx
      .updateTable('boot')
      .set({ anchor_mono: 1_000_000, anchor_at: start + DAY })
      .where('agent_id', '=', 1)
      .execute()
  })
  const [connected] = itemsOf(await client.call('GET', `/api/v1/incidents/${ofStay.id}/events`))
  expect(connected).toMatchObject({ at: start + DAY, unverified: false })
})

test('endpoints say which agent is on them, whether it is connected, or since when not, and what to do', async () => {
  await using tested = await openTestApi()
  const { store } = tested
  const agent = await addEndpoint(store, 1)
  const since = '2026-01-05T09:00:00.000+08:00'
  const condition = {
    code: 'key.not-sealed',
    severity: 'low',
    since,
    text: 'The key is in a file.',
    todo: 'Add a TPM.',
  }
  const greeting = { version: '0.1.0', policy_version: 0, register_version: 0, media_versions: '[]' }
  const health = JSON.stringify({ conditions: [condition], journal: { unreceipted: 3 } })
  const gone = await addEndpoint(store, 3)
  await addEndpoint(store, 2, { department: '机要室' })
  await store.write(async (tx) => {
    await setConnected(tx, agent, start, greeting)
    await saveHeartbeats(tx, [{ agentId: agent, at: start + 1, health }])
    await retireEndpoint(tx, gone, start)
  })
  const client = await signedIn(tested)
  const { body } = await client.call('GET', '/api/v1/endpoints')
  expect(body['items']).toMatchObject([
    { name: '办公-2', status: 'confirmed', agents: [{ agent: agentOf(2), conditions: [] }] },
    {
      name: '办公-1',
      agent: agentOf(1),
      connectedSince: start,
      lastSeenAt: start + 1,
      unreceipted: 3,
      agents: [
        { agent: agentOf(1), connectedSince: start, lastSeenAt: start + 1, conditions: [condition], unreceipted: 3 },
      ],
    },
  ])
  expect(itemsOf(await client.call('GET', '/api/v1/endpoints?retired=true'))).toHaveLength(3)
  for (const hidden of ['verifier_key', 'passport', 'certificate_serial'])
    expect(JSON.stringify(body)).not.toContain(hidden)
})

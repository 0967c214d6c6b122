import { expect, test } from 'vitest'
import { saveHeartbeats, setConnected, setDisconnected } from '#collector/store/agents.ts'
import { insertMute } from '#collector/store/mutes.ts'
import { openTestApi, signedIn, type Client } from '../../support/api.ts'
import { addEndpoint } from '../../support/collector-store.ts'
import { start } from '../../support/events.ts'
import { putIncident } from '../../support/put-incidents.ts'

interface Listing {
  readonly items: readonly Readonly<Record<string, unknown>>[]
  readonly total: number
  readonly next?: string
}
async function ask(client: Client, path: string): Promise<Listing> {
  const { text } = await client.call('GET', `/api/v1/${path}`)
  return JSON.parse(text) as Listing
}
const names = ({ items }: Listing) => items.map(({ name }) => name)

const greeting = { version: '1', policy_version: 0, register_version: 0, media_versions: '[]' }
const since = '2026-01-05T09:00:00.000+08:00'
const healthWith = (severity: string) =>
  JSON.stringify({ conditions: [{ code: 'journal.full', severity, since, text: 'a', todo: 'b' }] })

/** One is well, one has a low condition, one has something to look after, one was so when it went, one never came. */
async function withEndpoints(tested: Awaited<ReturnType<typeof openTestApi>>): Promise<Client> {
  const { store } = tested
  const about = [
    { name: '窗口-1', department: '大厅', responsible: '李晓红' },
    { name: '窗口-2', department: '大厅' },
    { name: '机要-1', department: '机要室', host: 'VAULT' },
    { name: '综合-1', department: '综合科' },
    { name: '综合-2', department: '综合科' },
  ]
  const ids: number[] = []
  for (const [n, line] of about.entries()) ids.push(await addEndpoint(store, n + 1, line))
  const [well = 0, low = 0, high = 0, gone = 0] = ids
  await store.write(async (tx) => {
    for (const [n, id] of [well, low, high, gone].entries()) await setConnected(tx, id, start + n, greeting)
    await saveHeartbeats(tx, [
      { agentId: low, at: start + 10, health: healthWith('low') },
      { agentId: high, at: start + 11, health: healthWith('high') },
      { agentId: gone, at: start + 12, health: healthWith('moderate') },
    ])
    await setDisconnected(tx, gone, start + 20)
  })
  return signedIn(tested)
}

test('endpoints are filtered, searched and ordered, in pages; what is not heard of is not well', async () => {
  await using tested = await openTestApi()
  const client = await withEndpoints(tested)
  for (const [query, expected] of [
    ['', ['窗口-1', '窗口-2', '机要-1', '综合-1', '综合-2']],
    ['connection=connected', ['窗口-1', '窗口-2', '机要-1']],
    ['connection=away', ['综合-1', '综合-2']],
    ['connection=never', ['综合-2']],
    ['health=well', ['窗口-1', '窗口-2']],
    ['health=unwell', ['机要-1', '综合-1']],
    ['health=unknown', ['综合-2']],
    ['health=unwell&connection=connected', ['机要-1']],
    ['department=综合科', ['综合-1', '综合-2']],
    ['q= 晓红', ['窗口-1']],
    ['q=vault', ['机要-1']],
    ['q=综合科&connection=never', ['综合-2']],
    ['sort=name', ['机要-1', '窗口-1', '窗口-2', '综合-1', '综合-2']],
    ['sort=seen-first', ['综合-2', '综合-1', '机要-1', '窗口-1', '窗口-2']],
    ['sort=seen-last', ['机要-1', '窗口-1', '窗口-2', '综合-1', '综合-2']],
    ['sort=unwell', ['机要-1', '综合-1', '综合-2', '窗口-1', '窗口-2']],
  ] as const) {
    const whole = await ask(client, `endpoints?${encodeURI(query)}`)
    expect([query, names(whole)]).toEqual([query, expected])
    expect([query, whole.total]).toEqual([query, expected.length])
  }
  const first = await ask(client, 'endpoints?limit=3&sort=name')
  const rest = await ask(client, `endpoints?limit=3&sort=name&before=${first.next}`)
  expect([...names(first), ...names(rest)]).toEqual(['机要-1', '窗口-1', '窗口-2', '综合-1', '综合-2'])
  expect([first.total, rest.total, rest.next]).toEqual([5, 5, undefined])
  const counts = await client.call('GET', '/api/v1/endpoints/counts')
  expect(counts.body).toEqual({
    all: 5,
    connected: 3,
    away: 2,
    unwell: 2,
    departments: ['大厅', '机要室', '综合科'],
  })
  expect((await client.call('GET', '/api/v1/endpoints?before=-1')).status).toBe(400)
})

test('alerts are narrowed by state, mailbox, incident and period, in both orders, each once', async () => {
  await using tested = await openTestApi()
  const agent = await addEndpoint(tested.store, 1)
  const states = ['waiting', 'refused', 'delivered', 'dismissed'] as const
  await tested.store.write(async (tx) => {
    for (let n = 1; n <= 8; n++) {
      const incident_number = await putIncident(tx, { agent })
      for (const mailbox of ['mail/a', 'mail/b'])
        await tx
          .insertInto('alert')
          .values({
            incident_number,
            mailbox,
            state: states[n % 4] ?? 'waiting',
            news: '[]',
            severity: 1,
            created_at: 1000 * n,
            due_at: 1,
            next_at: 1,
            sent: 0,
            attempts: 0,
          })
          .execute()
    }
  })
  const client = await signedIn(tested)
  const listed = async (query: string, before?: string): Promise<number[]> => {
    const { items, next } = await ask(
      client,
      `alerts?limit=3&${query}${before === undefined ? '' : `&before=${before}`}`,
    )
    const rest = next === undefined ? [] : await listed(query, next)
    return [...items.map(({ number }) => Number(number)), ...rest]
  }
  for (const [query, expected] of [
    ['mailbox=mail/a', [8, 7, 6, 5, 4, 3, 2, 1]],
    ['mailbox=mail/a&state=refused', [5, 1]],
    ['mailbox=mail/c', []],
    ['state=waiting', [8, 8, 4, 4]],
    ['state=waiting&sort=oldest', [4, 4, 8, 8]],
    ['q=000003', [3, 3]],
    ['q=3&mailbox=mail/b', [3]],
    ['q=3&state=refused', []],
    ['q=three', []],
    ['from=3000&to=5000&mailbox=mail/b&sort=oldest', [3, 4]],
    ['from=7000', [8, 8, 7, 7]],
  ] as const) {
    expect([query, await listed(query)]).toEqual([query, expected])
    expect([query, (await ask(client, `alerts?${query}`)).total]).toEqual([query, expected.length])
  }
})

test('all mutes in force are listed, those that end first come first, with the words of their rules', async () => {
  await using tested = await openTestApi()
  for (const n of [1, 2]) await addEndpoint(tested.store, n)
  const client = await signedIn(tested)
  for (const [endpoint, rule, days] of [
    [1, 'foreign-network', 3],
    [2, 'unregistered-medium', 2],
  ] as const) {
    const json = { rule, until: Date.now() + days * 86_400_000, reason: '改造期间' }
    expect((await client.call('POST', `/api/v1/endpoints/${endpoint}/mutes`, { json })).status).toBe(201)
  }
  const now = Date.now()
  const before = { rule: 'a-rule-of-before', endpoint_id: 2, until_at: now + 86_400_000, lifted_at: null }
  await tested.store.write((tx) =>
    insertMute(tx, { ...before, reason: '改造期间', actor_name: 'admin', made_at: now - 1 }),
  )
  const { items } = await ask(client, 'mutes')
  expect(items).toMatchObject([
    { rule: 'a-rule-of-before', endpoint: { name: '办公-2' } },
    { rule: 'unregistered-medium', endpoint: { name: '办公-2' } },
    { rule: 'foreign-network', title: { zh: expect.any(String) }, endpoint: { name: '办公-1' }, by: 'admin' },
  ])
  expect(items[0]).not.toHaveProperty('title')
})

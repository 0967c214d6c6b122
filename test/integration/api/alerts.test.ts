import { expect, test } from 'vitest'
import { openTestApi, signedIn, type Client } from '../../support/api.ts'
import { agentLife, batchesOf } from '../../support/agent-life.ts'
import { auditOf } from '../../support/audit.ts'
import { addMailboxes } from '#collector/store/mailboxes.ts'
import { addEndpoint, agentOf } from '../../support/collector-store.ts'
import { addIncident } from '../../support/put-incidents.ts'

const DAY = 86_400_000
type Item = Readonly<Record<string, unknown>>
const itemsOf = ({ body }: { body: Item }) => body['items'] as Item[]
const post = (client: Client, path: string, json?: object) =>
  client.call('POST', `/api/v1/${path}`, json === undefined ? {} : { json })

/** Two alerts that a mail server refused. */
async function withRefused(tested: Awaited<ReturnType<typeof openTestApi>>): Promise<void> {
  const agent = await addEndpoint(tested.store, 1)
  await tested.store.write((tx) => addMailboxes(tx, ['mail']))
  for (const severity of ['high', 'low'] as const) {
    const { number } = await addIncident(tested.store, { agent, incident: { severity } })
    await tested.store.write(async (tx) => {
      await tx
        .insertInto('alert')
        .values({
          incident_number: number,
          mailbox: 'mail',
          state: 'refused',
          news: '["opened"]',
          severity: severity === 'high' ? 1 : 3,
          created_at: 1,
          due_at: 1,
          next_at: 1,
          sent: 0,
          attempts: 1,
          last_error: '550 no such mailbox',
        })
        .execute()
    })
  }
}

test('alerts that were refused are counted and listed; one is sent again, the others dismissed, by name', async () => {
  let woken = 0
  const outbox = { wake: () => void woken++, mailboxes: ['mail'], test: async () => 'unknown-mailbox' as const }
  await using tested = await openTestApi({ outbox })
  await withRefused(tested)
  const client = await signedIn(tested)
  const list = await client.call('GET', '/api/v1/alerts?limit=1')
  expect(list.body).toMatchObject({
    mailboxes: [{ mailbox: 'mail', waiting: 0, refused: 2 }],
    items: [
      {
        number: 2,
        severity: 'low',
        state: 'refused',
        lastError: '550 no such mailbox',
        incident: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    ],
  })
  const next = await client.call('GET', `/api/v1/alerts?limit=1&before=${String(list.body['next'])}`)
  expect(itemsOf(next)).toMatchObject([{ number: 1 }])
  const id = String(itemsOf(next)[0]?.['id'])
  expect(await post(client, `alerts/${id}/send-again`)).toMatchObject({ status: 200, body: { alerts: 1, more: false } })
  expect(await post(client, `alerts/${id}/send-again`)).toMatchObject({ status: 404 })
  expect(itemsOf(await client.call('GET', '/api/v1/alerts?state=waiting'))).toMatchObject([{ number: 1 }])
  expect(await post(client, 'alerts/dismiss-refused', { mailbox: 'mail' })).toMatchObject({ body: { alerts: 1 } })
  expect(itemsOf(await client.call('GET', '/api/v1/alerts?state=dismissed'))).toMatchObject([{ number: 2 }])
  expect(woken).toBe(2)
  const trail = (await auditOf(tested.store)).filter(({ act }) => act.startsWith('alert.'))
  expect(trail).toMatchObject([
    { act: 'alert.send-again', actor: { name: 'admin' }, subject: { kind: 'alert', id } },
    { act: 'alert.dismiss', subject: { kind: 'mailbox', id: 'mail' } },
  ])
})

test('a mailbox is tested, and says how that went', async () => {
  const answers = [
    'busy',
    { outcome: 'refused', reason: '550 no' },
    { outcome: 'delivered' },
    'unknown-mailbox',
  ] as const
  let asked = 0
  const outbox = { wake: () => undefined, mailboxes: ['mail'], test: async () => answers[asked++] ?? 'busy' }
  await using tested = await openTestApi({ outbox })
  const client = await signedIn(tested)
  const ask = () => post(client, 'alerts/test', { mailbox: 'mail' })
  expect(await ask()).toMatchObject({ status: 503, headers: { 'retry-after': '20' } })
  expect(await ask()).toMatchObject({ status: 200, body: { outcome: 'refused', reason: '550 no' } })
  expect(await ask()).toMatchObject({ status: 200, body: { outcome: 'delivered' } })
  expect((await ask()).status).toBe(404)
  expect((await auditOf(tested.store)).filter(({ act }) => act === 'alert.test')).toHaveLength(4)
})

test('a rule is muted on an endpoint until a date, by name and with a reason: it is counted, and alerts nobody', async () => {
  await using tested = await openTestApi()
  const agent = { id: await addEndpoint(tested.store, 1), agent: agentOf(1) }
  const client = await signedIn(tested)
  const until = Date.now() + DAY
  const mute = { rule: 'foreign-network', until, reason: '网络改造期间' }
  const made = await post(client, 'endpoints/1/mutes', mute)
  expect(made).toMatchObject({
    status: 201,
    body: { ...mute, by: 'admin', endpoint: { id: 1, name: '办公-1', department: '综合科' } },
  })
  expect(itemsOf(await client.call('GET', '/api/v1/endpoints/1/mutes'))).toEqual([made.body])

  const life = agentLife(1)
  life.address(1, 9, 'added')
  for (const log of life.logs) for (const batch of batchesOf({ agent, log }, [10])) await tested.commit(batch)
  expect(itemsOf(await client.call('GET', '/api/v1/incidents'))).toHaveLength(1)
  expect(itemsOf(await client.call('GET', '/api/v1/alerts'))).toEqual([])

  const lift = () => client.call('DELETE', `/api/v1/mutes/${String(made.body['id'])}`)
  expect((await lift()).status).toBe(204)
  expect((await lift()).status).toBe(404)
  expect(itemsOf(await client.call('GET', '/api/v1/endpoints/1/mutes'))).toEqual([])
  const trail = (await auditOf(tested.store)).filter(({ act }) => act.startsWith('rule.'))
  expect(trail).toMatchObject([
    { act: 'rule.mute', subject: { kind: 'rule', id: 'foreign-network' }, reason: '网络改造期间' },
    { act: 'rule.unmute', subject: { kind: 'mute', id: String(made.body['id']) } },
  ])
})

test('a mute needs a rule in force, a date that lies ahead, within a year or so, an endpoint that there is, and a reason', async () => {
  await using tested = await openTestApi()
  await addEndpoint(tested.store, 1)
  const client = await signedIn(tested)
  const mute = { rule: 'foreign-network', until: Date.now() + DAY, reason: 'why' }
  for (const [path, json, status] of [
    ['endpoints/1/mutes', { ...mute, until: Date.now() - 1 }, 422],
    ['endpoints/1/mutes', { ...mute, until: Date.now() + 400 * DAY }, 422],
    ['endpoints/1/mutes', { ...mute, reason: ' ' }, 400],
    ['endpoints/1/mutes', { ...mute, reason: '\u200B' }, 400],
    ['endpoints/1/mutes', { ...mute, rule: 'foreign-netwrok' }, 422],
    ['endpoints/1/mutes', { ...mute, rule: 'constructor' }, 422],
    ['endpoints/9/mutes', mute, 404],
    ['endpoints/x/mutes', mute, 400],
  ] as const)
    expect([path, json, (await post(client, path, json)).status]).toEqual([path, json, status])
  expect(await post(client, 'endpoints/1/mutes', { ...mute, rule: 'foreign-netwrok' })).toMatchObject({
    body: { reason: 'no-rule', detail: expect.stringContaining('foreign-netwrok') },
  })
  expect(itemsOf(await client.call('GET', '/api/v1/endpoints/1/mutes'))).toEqual([])
  expect((await auditOf(tested.store)).filter(({ act }) => act.startsWith('rule.'))).toEqual([])
})

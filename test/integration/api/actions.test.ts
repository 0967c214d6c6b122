import { array, assert, asyncProperty, constantFrom, integer } from 'fast-check'
import { expect, test } from 'vitest'
import { openTestApi, signedIn, testing, type Client } from '../../support/api.ts'
import { addEndpoint, openTestStore } from '../../support/collector-store.ts'
import { auditOf } from '../../support/audit.ts'
import { addIncident, putIncident } from '../../support/put-incidents.ts'
import type { Actor } from '#collector/access/acting.ts'
import { actOn, type Wish } from '#collector/incidents/workflow/act.ts'
import { type ActionKind, type Case, NEW_CASE, next, stageOf } from '#collector/incidents/workflow/case.ts'
import { collectorActs, type CollectorAct } from '#collector/incidents/workflow/collector-acts.ts'
import { actionsOf } from '#collector/store/actions.ts'
import { StoreBusyError } from '#collector/store/transaction.ts'
import { openFeed } from '../../support/feed.ts'

const path = (id: string, more = '') => `/api/v1/incidents/${id}/actions${more}`
const act = (client: Client, id: string, json: object) => client.call('POST', path(id), { json })
const problem = (code: string) => `urn:shoumi:problem:${code}`

test('somebody acknowledges an incident and closes it: who, when and why is kept, and other pages hear of it', async () => {
  await using tested = await openTestApi()
  const agent = await addEndpoint(tested.store, 1)
  const { id } = await addIncident(tested.store, { agent })
  const client = await signedIn(tested)
  using feed = await openFeed(client, tested.api.url)
  const seen = await act(client, id, { kind: 'acknowledge', version: 0 })
  expect(seen).toMatchObject({ status: 200, body: { stage: 'acknowledged', version: 1 } })
  expect(await feed.next(({ event }) => event === 'incident')).toMatchObject({ data: { id, stage: 'acknowledged' } })
  const done = await act(client, id, { kind: 'close', version: 1, reason: '已核查，介质收缴。' })
  expect(done.body).toMatchObject({ stage: 'closed', version: 2 })
  const { body } = await client.call('GET', path(id))
  expect(body['items']).toMatchObject([
    { kind: 'opened', by: { kind: 'collector' } },
    { kind: 'acknowledge', by: { kind: 'account', name: 'admin' }, at: expect.any(Number) },
    { kind: 'close', reason: '已核查，介质收缴。' },
  ])
  const trail = (await auditOf(tested.store)).filter(({ act: name }) => name.startsWith('incident.'))
  expect(trail).toMatchObject([
    { act: 'incident.acknowledge', subject: { kind: 'incident', id }, actor: { name: 'admin' } },
    { act: 'incident.close', reason: '已核查，介质收缴。' },
    { act: 'incident.view' },
  ])
})

test('a reason is asked for where one is needed, of 1 to 2,000 characters', async () => {
  await using tested = await openTestApi()
  const { id } = await addIncident(tested.store, { agent: await addEndpoint(tested.store, 1) })
  const client = await signedIn(tested)
  for (const wrong of [
    { kind: 'close', version: 0 },
    { kind: 'false-alarm', version: 0, reason: '' },
    { kind: 'false-alarm', version: 0, reason: ' \n ' },
    ...['\u200B\u200B', '\u202E', '\u3164', '\u2800 \u3000', '\0\u001B', '\u0301'].map((reason) => ({
      kind: 'close',
      version: 0,
      reason, // blank on every screen
    })),
    { kind: 'close', version: 0, reason: '因'.repeat(2001) },
    { kind: 'acknowledge' },
    { kind: 'reopened', version: 0, reason: 'x' },
  ])
    expect([wrong, (await act(client, id, wrong)).status]).toEqual([wrong, 400])
  expect((await act(client, id, { kind: 'false-alarm', version: 0, reason: '因'.repeat(2000) })).status).toBe(200)
  expect((await act(client, 'f'.repeat(32), { kind: 'acknowledge', version: 0 })).status).toBe(404)
})

test('of two people at once one is told what the other did', async () => {
  await using tested = await openTestApi()
  const { id } = await addIncident(tested.store, { agent: await addEndpoint(tested.store, 1) })
  const client = await signedIn(tested)
  const answers = await Promise.all([
    act(client, id, { kind: 'close', version: 0, reason: 'one' }),
    act(client, id, { kind: 'false-alarm', version: 0, reason: 'two' }),
  ])
  const lost = answers.find(({ status }) => status === 409)
  const won = answers.find(({ status }) => status === 200)
  expect(lost?.body).toMatchObject({
    type: problem('changed'),
    stage: won?.body['stage'],
    version: 1,
    meanwhile: [{ kind: expect.any(String), by: { name: 'admin' }, reason: expect.any(String) }],
  })
  const { body } = await client.call('GET', path(id))
  expect(body['items']).toHaveLength(2)
  expect(await act(client, id, { kind: 'acknowledge', version: 1 })).toMatchObject({
    status: 409,
    body: { type: problem('not-possible'), stage: won?.body['stage'], version: 1 },
  })
})

test('what the collector does meanwhile is told too, and a closed incident is opened again', async () => {
  await using tested = await openTestApi()
  const { id, number } = await addIncident(tested.store, { agent: await addEndpoint(tested.store, 1) })
  const client = await signedIn(tested)
  await act(client, id, { kind: 'close', version: 0, reason: 'done' })
  await tested.store.write((tx) =>
    collectorActs(tx, [
      { incident: number, kind: 'reopened', at: 5 },
      { incident: number, kind: 'reopened', at: 6 },
    ]),
  )
  expect(await act(client, id, { kind: 'acknowledge', version: 1 })).toMatchObject({
    status: 409,
    body: { stage: 'open', version: 2, meanwhile: [{ kind: 'reopened', by: { kind: 'collector' }, at: 5 }] },
  })
  expect((await act(client, id, { kind: 'acknowledge', version: 2 })).status).toBe(200)
})

test('one look is recorded once for each time that it is opened, in however many requests', async () => {
  await using tested = await openTestApi()
  const { id } = await addIncident(tested.store, { agent: await addEndpoint(tested.store, 1) })
  const client = await signedIn(tested)
  const views = async () => (await auditOf(tested.store)).filter(({ act: name }) => name === 'incident.view').length
  const look = (opening: string) =>
    Promise.all(
      ['', '/events', '/actions'].map((part) =>
        client.call('GET', `/api/v1/incidents/${id}${part}${opening && `?opening=${opening}`}`),
      ),
    )
  for (const { status } of await look('first')) expect(status).toBe(200)
  await look('first')
  expect(await views()).toBe(1)
  await look('second')
  expect(await views()).toBe(2)
  await look('')
  expect(await views()).toBe(5)
  expect((await client.call('GET', `/api/v1/incidents/${'0'.repeat(32)}?opening=x`)).status).toBe(404)
  expect(await views()).toBe(5)
})

test('while the store takes nothing no details are shown and nothing is done; lists and health are', async () => {
  let full = false
  await using inner = await openTestApi()
  const { id } = await addIncident(inner.store, { agent: await addEndpoint(inner.store, 1) })
  const client = await signedIn(inner)
  inner.refuseWrites(() => (full ? new StoreBusyError('held') : undefined))
  full = true
  expect((await client.call('GET', `/api/v1/incidents/${id}?opening=a`)).status).toBe(503)
  const statuses = async (paths: readonly string[]) =>
    Promise.all(paths.map(async (one) => (await client.call('GET', `/api/v1/${one}`)).status))
  expect(await statuses([`incidents/${id}`, `incidents/${id}/events`, `incidents/${id}/actions`])).toEqual([
    503, 503, 503,
  ])
  expect(await act(client, id, { kind: 'acknowledge', version: 0 })).toMatchObject({
    status: 503,
    body: { type: problem('unavailable') },
  })
  expect(await statuses(['incidents', 'incidents/counts', 'health', 'endpoints', 'events', 'alerts'])).toEqual(
    Array(6).fill(200),
  )
  full = false
  expect(await statuses([`incidents/${id}?opening=a`])).toEqual([200])
  // The look that could not be recorded is recorded now that it can be.
  expect((await auditOf(inner.store)).filter(({ act: name }) => name === 'incident.view')).toHaveLength(1)
  expect(inner.failures).toEqual([])
})

const told = { mailboxes: ['mail'], now: 1 }
const officer: Actor = { kind: 'account', id: '1', name: 'officer', duty: 'bootstrap' }
const people = ['acknowledge', 'false-alarm', 'close'] as const
const collectors = ['raised', 'reopened', 'withdrawn'] as const

test('replaying the actions of an incident gives its stored columns, whoever acted', async () => {
  await using tested = await openTestStore()
  const agent = await addEndpoint(tested.store, 1)
  const kinds: readonly ActionKind[] = [...people, ...collectors]
  await assert(
    asyncProperty(
      array(constantFrom(...kinds), { maxLength: 30 }),
      integer({ min: 0, max: 2 }),
      async (acts, behind) => {
        const number = await tested.store.write((tx) => putIncident(tx, { agent }))
        await tested.store.write(async (tx) => {
          for (const [at, kind] of acts.entries()) {
            const row = await tx
              .selectFrom('incident')
              .selectAll()
              .where('number', '=', number)
              .executeTakeFirstOrThrow()
            const person = people.find((name) => name === kind)
            // Now and then somebody acts on what they saw a while ago: that changes nothing.
            const version = at % 3 === 0 ? Math.max(0, row.version - behind) : row.version
            if (person !== undefined)
              await actOn(tx, officer, row.id, { kind: person, reason: 'r', version }, { ...told, now: at })
            else await collectorActs(tx, [{ incident: number, kind, at } as CollectorAct])
          }
          const rows = await actionsOf(tx, number, 100)
          const replayed = rows.reduce<Case>((before, { kind, at, actor_name: by }) => {
            const known = ([...kinds, 'opened'] as const).find((name) => name === kind)
            return (known && next(before, { kind: known, at, by })) ?? before
          }, NEW_CASE)
          const row = await tx.selectFrom('incident').selectAll().where('number', '=', number).executeTakeFirstOrThrow()
          expect([row.stage, row.version]).toEqual([stageOf(replayed), replayed.version])
          expect(rows.length).toBe(row.version + 1)
        })
      },
    ),
    { numRuns: 60 },
  )
})

test('nobody sees or acts on anything without a duty that may', async () => {
  await using tested = await openTestApi()
  const { id } = await addIncident(tested.store, { agent: await addEndpoint(tested.store, 1) })
  const nobody: Actor = { kind: 'account', id: '9', name: 'x', duty: 'none' }
  const wish: Wish = { kind: 'acknowledge', version: 0 }
  expect(await tested.store.write((tx) => actOn(tx, nobody, id, wish, told))).toEqual({ ok: false, why: 'unknown' })
  expect((await tested.store.write((tx) => actOn(tx, testing, id, wish, told))).ok).toBe(true)
})

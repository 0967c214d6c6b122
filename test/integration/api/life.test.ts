import { expect, test } from 'vitest'
import { openTestApi, signedIn, type Client, type TestApi } from '../../support/api.ts'
import { agentLife, batchesOf, type Life } from '../../support/agent-life.ts'
import { addEndpoint, agentOf } from '../../support/collector-store.ts'
import { openFeed } from '../../support/feed.ts'

const MINUTE = 60_000

/** An agent that lives, and whatever it has said since being committed, an event at a time or many at once. */
async function living({ store, commit }: TestApi, life: Life, atOnce = 1) {
  const agent = { id: await addEndpoint(store, 1), agent: agentOf(1) }
  const committed = new Map<string, number>()
  return async () => {
    for (const log of life.logs) {
      const batches = batchesOf({ agent, log }, [atOnce])
      for (const batch of batches.slice(committed.get(log.epoch) ?? 0)) await commit(batch)
      committed.set(log.epoch, batches.length)
    }
  }
}
type Item = Readonly<Record<string, unknown>>
const itemsOf = async (client: Client, path: string) =>
  (await client.call('GET', `/api/v1/${path}`)).body['items'] as Item[]
const act = (client: Client, { id, version }: Item, kind: string) =>
  client.call('POST', `/api/v1/incidents/${String(id)}/actions`, { json: { kind, version, reason: 'looked into' } })

/** One incident of a foreign address, as somebody who is signed in sees it. */
async function opened(tested: TestApi) {
  const life = agentLife(1)
  const tell = await living(tested, life)
  life.address(1, 9, 'added')
  await tell()
  const client = await signedIn(tested)
  const [before] = await itemsOf(client, 'incidents')
  return { life, tell, client, before }
}

test.for(['close', 'false-alarm'])('a violation that goes on after %s opens the incident again', async (kind) => {
  await using tested = await openTestApi()
  const { life, tell, client, before } = await opened(tested)
  expect(await act(client, before ?? {}, kind)).toMatchObject({ status: 200 })
  using feed = await openFeed(client, tested.api.url)
  life.address(1, 10, 'added')
  await tell()
  await feed.next(({ data }) => data['stage'] === 'open' && data['id'] === before?.['id'])
  const [after] = await itemsOf(client, 'incidents')
  expect(after).toMatchObject({ id: before?.['id'], number: before?.['number'], stage: 'open', version: 2 })
  const actions = await itemsOf(client, `incidents/${String(after?.['id'])}/actions`)
  expect(actions.map((action) => action['kind'])).toEqual(['opened', kind, 'reopened'])
})

test('what is acknowledged stays so, whatever follows', async () => {
  await using tested = await openTestApi()
  const { life, tell, client, before } = await opened(tested)
  await act(client, before ?? {}, 'acknowledge')
  life.address(1, 10, 'added')
  life.address(1, 9, 'removed')
  await tell()
  expect(await itemsOf(client, 'incidents')).toMatchObject([{ id: before?.['id'], stage: 'acknowledged', version: 1 }])
})

test('the timeline of the two-hundredth episode of one card is read in full pages', async () => {
  await using tested = await openTestApi()
  const life = agentLife(1)
  const tell = await living(tested, life, 100)
  for (let n = 0; n < 200; n++) {
    for (let host = 1; host <= 4; host++) life.address(1, host, 'added')
    for (let host = 1; host <= 4; host++) life.address(1, host, 'removed')
    life.pass(11 * MINUTE)
  }
  await tell()
  const client = await signedIn(tested)
  const [newest, ...others] = await itemsOf(client, 'incidents?limit=200')
  expect(others).toHaveLength(199)
  const pages: number[] = []
  for (let after: string | undefined = ''; after !== undefined;) {
    const path: string = `incidents/${String(newest?.['id'])}/events?limit=3${after && `&after=${after}`}`
    const { body } = await client.call('GET', `/api/v1/${path}`)
    pages.push((body['items'] as Item[]).length)
    after = typeof body['next'] === 'string' ? body['next'] : undefined
  }
  expect(pages).toEqual([3, 3, 2])
})

test('closing a broken succession ends it, and what was on before it ends as unknown; both are told', async () => {
  await using tested = await openTestApi()
  const life = agentLife(1)
  const tell = await living(tested, life)
  life.address(1, 9, 'added')
  await tell()
  const client = await signedIn(tested)
  life.restart(null)
  await tell()
  const [episode] = await itemsOf(client, 'incidents?kind=network-episode')
  const [broken] = await itemsOf(client, 'incidents?kind=succession')
  expect(episode).not.toHaveProperty('endedAt')
  using feed = await openFeed(client, tested.api.url)
  expect(await act(client, broken ?? {}, 'close')).toMatchObject({
    body: { stage: 'closed', endedAt: expect.any(Number) },
  })
  await feed.next(({ data }) => data['id'] === episode?.['id'] && data['endedBy'] === 'unknown')
  await feed.next(({ data }) => data['id'] === broken?.['id'] && data['stage'] === 'closed')
})

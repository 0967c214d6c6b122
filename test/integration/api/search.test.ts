import { expect, test } from 'vitest'
import type { Incident } from '#collector/incidents/correlate/incident.ts'
import { openTestApi, signedIn, type Client, type TestApi } from '../../support/api.ts'
import { addEndpoint } from '../../support/collector-store.ts'
import { start } from '../../support/events.ts'
import { putIncident } from '../../support/put-incidents.ts'

const HOUR = 3_600_000
const severities = ['critical', 'high', 'moderate', 'low'] as const
const card = { index: 7, name: 'enx0', type: 'ethernet', card: '0'.repeat(32), mac: '52:54:00:12:34:56' }

/** Number n opened n hours after the start; odd ones on 窗口-01 of 李晓红, even ones on 机要-2 of nobody; each third came a
 *  day late. */
async function withIncidents({ store }: TestApi) {
  const window = await addEndpoint(store, 1, { name: '窗口-01', responsible: '李晓红', host: 'CK-100%' })
  const vault = await addEndpoint(store, 2, { name: '机要-2', department: '机要室', responsible: null })
  const medium = (serial: string): Partial<Incident> => ({
    medium: { key: serial, usbSerial: serial, score: 3, status: 'unregistered' },
  })
  const about = [medium('4C5300AB'), medium('4c5300cd'), { kind: 'network-episode' as const, network: networkOf() }]
  await store.write(async (tx) => {
    for (let n = 1; n <= 12; n++)
      await putIncident(tx, {
        agent: n % 2 === 1 ? window : vault,
        stage: n % 4 === 0 ? 'closed' : 'open',
        incident: { ...about[n % 3], severity: severities[n % 4] ?? 'low', openedAt: start + n * HOUR },
        arrivedAt: start + n * HOUR + (n % 3 === 0 ? 24 * HOUR : 0),
      })
  })
}
const networkOf = () => ({ interface: card, contacts: 1, parts: 0, newest: [], broke: [] })

interface Listing {
  readonly numbers: readonly number[]
  /** As each page says it. */
  readonly totals: readonly number[]
}
interface PageBody {
  readonly items: { number: number }[]
  readonly total: number
  readonly next?: string
}

/** All pages, one after the other. */
async function listed(client: Client, query: Record<string, string>, before?: string): Promise<Listing> {
  const asked = new URLSearchParams({ ...query, limit: '5', ...(before !== undefined && { before }) })
  const { text } = await client.call('GET', `/api/v1/incidents?${asked.toString()}`)
  const { items, total, next } = JSON.parse(text) as PageBody
  const rest = next === undefined ? { numbers: [], totals: [] } : await listed(client, query, next)
  return { numbers: [...items.map(({ number }) => number), ...rest.numbers], totals: [total, ...rest.totals] }
}

const from = (n: number): string => String(start + n * HOUR)

test('incidents are found by number, endpoint, person, serial and card, in a period, in every order, with every filter', async () => {
  await using tested = await openTestApi()
  await withIncidents(tested)
  const client = await signedIn(tested)
  for (const [query, expected] of [
    [{ q: '000007' }, [7]],
    [{ q: ' 窗口 ' }, [11, 9, 7, 5, 3, 1]],
    [{ q: '李晓' }, [11, 9, 7, 5, 3, 1]],
    [{ q: 'ck-100%' }, [11, 9, 7, 5, 3, 1]],
    [{ q: 'ck-1000' }, []],
    [{ q: '4c53' }, [12, 10, 9, 7, 6, 4, 3, 1]],
    [{ q: '4C5300aB' }, [12, 9, 6, 3]],
    [{ q: '52:54:00' }, [11, 8, 5, 2]],
    [{ q: '2' }, [12, 10, 8, 6, 4, 2]], // the endpoint’s name, and No. 2
    [{ q: '没有' }, []],
    [{ q: '窗口', sort: 'oldest' }, [1, 3, 5, 7, 9, 11]],
    [{ q: '窗口', order: 'arrived' }, [9, 3, 11, 7, 5, 1]],
    [{ q: '窗口', severity: 'high' }, [9, 5, 1]],
    [{ q: '窗口', kind: 'network-episode', stage: 'waiting' }, [11, 5]],
    [{ q: '4c53', department: '机要室', stage: 'closed' }, [12, 4]],
    [{ q: '4c53', from: from(4), to: from(10) }, [9, 7, 6, 4]],
    [{ from: from(4), to: from(6) }, [5, 4]],
    [{ from: from(11), order: 'arrived' }, [12, 9, 6, 3, 11]],
    [{ from: from(3), severity: 'high', sort: 'oldest' }, [5, 9]],
    [{ to: from(3), stage: 'open' }, [2, 1]],
    [{ sort: 'worst' }, [12, 8, 4, 9, 5, 1, 10, 6, 2, 11, 7, 3]],
    [{ sort: 'worst', department: '机要室', stage: 'open' }, [10, 6, 2]],
    [{ sort: 'worst', q: '4c53', from: from(4) }, [12, 4, 9, 10, 6, 7]],
    [{ sort: 'worst', severity: 'low' }, [11, 7, 3]],
  ] as [Record<string, string>, number[]][]) {
    const { numbers, totals } = await listed(client, query)
    expect([query, numbers, ...new Set(totals)]).toEqual([query, expected, expected.length])
  }
})

test('a search that means more than a hundred endpoints is told to say more', async () => {
  await using tested = await openTestApi()
  for (let n = 1; n <= 101; n++) await addEndpoint(tested.store, n, { agent: `${n}`, name: `办公-${n}` })
  const client = await signedIn(tested)
  const answer = await client.call('GET', `/api/v1/incidents?q=${encodeURIComponent('办公')}`)
  expect(answer).toMatchObject({ status: 422, body: { type: 'urn:shoumi:problem:too-broad' } })
  expect((await client.call('GET', `/api/v1/incidents?q=${encodeURIComponent('办公-1')}`)).status).toBe(200)
  expect((await client.call('GET', '/api/v1/incidents?q=%20')).status).toBe(400)
})

test('of a period more than 10,000 are counted as that', async () => {
  await using tested = await openTestApi()
  const agent = await addEndpoint(tested.store, 1)
  await tested.store.write(async (tx) => {
    const number = await putIncident(tx, { agent })
    const row = await tx.selectFrom('incident').selectAll().where('number', '=', number).executeTakeFirstOrThrow()
    const { number: _, ...copied } = row
    for (let n = 0; n < 10_100; n += 100)
      await tx
        .insertInto('incident')
        .values(Array.from({ length: 100 }, (_each, nth) => ({ ...copied, id: String(n + nth) })))
        .execute()
  })
  const client = await signedIn(tested)
  const total = async (query: string) => (await client.call('GET', `/api/v1/incidents?limit=1${query}`)).body['total']
  expect(await total('')).toBe(10_101)
  expect(await total(`&from=${start - 1}`)).toBe(10_001)
  expect(await total(`&q=${encodeURIComponent('办公-1')}`)).toBe(10_001)
})

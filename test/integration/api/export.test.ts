import { expect, test } from 'vitest'
import { insertEndpoint } from '#collector/store/endpoints.ts'
import { setConnected } from '#collector/store/agents.ts'
import { openTestApi, signedIn, type Client } from '../../support/api.ts'
import { auditOf } from '../../support/audit.ts'
import { addEndpoint, epochOf } from '../../support/collector-store.ts'
import { start, stayEvents } from '../../support/events.ts'
import { addEvents, putIncident } from '../../support/put-incidents.ts'

/** The cells of each line; names with quotes and line breaks are not among them here. */
async function table(client: Client, path: string): Promise<string[][]> {
  const { status, headers, text } = await client.call('GET', `/api/v1/${path}`)
  expect([path, status, headers['content-type']]).toEqual([path, 200, 'text/csv; charset=utf-8'])
  expect(text.startsWith('\uFEFF"')).toBe(true)
  expect(text.endsWith('"\r\n')).toBe(true)
  return text
    .slice(1, -2)
    .split('\r\n')
    .map((line) => line.slice(1, -1).split('","'))
}

test('incidents are exported as they are filtered, for the reader’s language and zone, and it is recorded', async () => {
  await using tested = await openTestApi()
  const agent = await addEndpoint(tested.store, 1, { name: '=HYPERLINK("x")', responsible: '王\u202E五' })
  await tested.store.write(async (tx) => {
    for (let n = 0; n < 450; n++)
      await putIncident(tx, { agent, incident: { openedAt: start + n, severity: n % 2 === 0 ? 'high' : 'low' } })
  })
  const client = await signedIn(tested)
  const [titles, ...rows] = await table(client, 'incidents.csv?severity=high&sort=oldest&language=en&zone=UTC')
  expect(titles?.slice(0, 4)).toEqual(['No.', 'Happened (UTC)', 'Received (UTC)', 'Severity'])
  expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 225 }, (_, n) => 2 * n + 1))
  const utc = new Date(start).toISOString().slice(0, 19).replace('T', ' ')
  expect(rows[0]).toEqual(
    expect.arrayContaining([utc, 'high', '\'=HYPERLINK(""x"")', '王\\u202E五', '使用未登记的移动存储介质'].slice(0, 4)),
  )
  const [, first] = await table(client, 'incidents.csv?language=zh&zone=Asia/Shanghai&q=450')
  expect(first?.[0]).toBe('000450')
  const trail = (await auditOf(tested.store)).filter(({ act }) => act === 'incident.export')
  expect(trail).toMatchObject([
    { actor: { name: 'admin' }, subject: { kind: 'incident', id: 'list' }, count: 225 },
    { count: 1 },
  ])
  expect((await client.call('GET', '/api/v1/incidents.csv?language=zh&zone=Mars/Base')).status).toBe(400)
})

test('of more than 10,000 rows the file has the first, and says so', async () => {
  await using tested = await openTestApi()
  const agent = await addEndpoint(tested.store, 1)
  await tested.store.write(async (tx) => {
    await putIncident(tx, { agent })
    const row = await tx.selectFrom('incident').selectAll().executeTakeFirstOrThrow()
    const { number: _, ...copied } = row
    const copies = (from: number, count: number) =>
      Array.from({ length: count }, (_each, n) => ({ ...copied, id: String(from + n) }))
    for (let n = 0; n < 10_000; n += 200) await tx.insertInto('incident').values(copies(n, 200)).execute()
  })
  const client = await signedIn(tested)
  const rows = await table(client, 'incidents.csv?language=zh&zone=UTC')
  expect(rows).toHaveLength(10_002)
  expect(rows.at(-1)?.[0]).toContain('仅导出前 10,000 行')
  await tested.store.write((tx) => tx.deleteFrom('action').execute())
  await tested.store.write((tx) => tx.deleteFrom('incident').where('number', '=', 10_001).execute())
  await tested.store.write((tx) => tx.updateTable('incident_count').set({ count: 10_000 }).execute())
  const whole = await table(client, 'incidents.csv?language=zh&zone=UTC')
  expect(whole).toHaveLength(10_001)
  expect((await auditOf(tested.store)).at(-1)).toMatchObject({ act: 'incident.export', count: 10_000 })
})

test('alerts, endpoints and a timeline are exported likewise; what cannot be recorded is not', async () => {
  await using tested = await openTestApi()
  const agent = await addEndpoint(tested.store, 1)
  const number = await tested.store.write(async (tx) => {
    await setConnected(tx, agent, start, { version: '1', policy_version: 0, register_version: 0, media_versions: '[]' })
    const row = { host: 'pc-2', name: '办公-2', department: '机要室', level: 'secret', network_kind: 'standalone' }
    const kept = { allowed_networks: null, cards: null, gateway_macs: null, responsible: null, made_at: 0 }
    await insertEndpoint(tx, { ...row, ...kept, status: 'confirmed' })
    const made = await putIncident(tx, { agent, incident: { events: 8 } })
    const alert = { incident_number: made, news: '[]', severity: 1, due_at: 1, next_at: 1, sent: 0, attempts: 0 }
    for (const [at, state] of [
      [1, 'refused'],
      [2, 'waiting'],
      [3, 'refused'],
    ] as const)
      await tx
        .insertInto('alert')
        .values({ ...alert, mailbox: `mail/${at}`, state, created_at: start + at })
        .execute()
    return made
  })
  await addEvents(tested.store, { agent, epoch: epochOf(1), incident: number }, stayEvents())
  const { id } = await tested.store.read((tx) => tx.selectFrom('incident').select('id').executeTakeFirstOrThrow())
  const client = await signedIn(tested)
  const alerts = await table(client, `alerts.csv?state=refused&sort=oldest&q=000001&language=zh&zone=UTC`)
  expect(alerts.slice(1).map(([, , , , mailbox, state]) => [mailbox, state])).toEqual([
    ['mail/1', '被拒收'],
    ['mail/3', '被拒收'],
  ])
  const endpoints = await table(client, 'endpoints.csv?connection=away&language=zh&zone=UTC')
  expect(endpoints.slice(1)).toEqual([['办公-2', 'pc-2', '机要室', '', '机密', '单机', '从未连接', '', '未知']])
  const events = await table(client, `incidents/${id}/events.csv?language=en&zone=UTC`)
  expect(events.slice(1).map((row) => Number(row.at(-1)))).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  expect((await auditOf(tested.store)).slice(-3)).toMatchObject([
    { act: 'alert.export', count: 2 },
    { act: 'endpoint.export', count: 1 },
    { act: 'timeline.export', subject: { kind: 'timeline', id }, count: 8 },
  ])
  tested.refuseWrites(() =>
    Object.assign(new Error('database or disk is full'), { errcode: 13, code: 'ERR_SQLITE_ERROR' }),
  )
  for (const path of ['incidents.csv', 'alerts.csv', 'endpoints.csv', `incidents/${id}/events.csv`])
    expect([path, (await client.call('GET', `/api/v1/${path}?language=zh&zone=UTC`)).status]).toEqual([path, 503])
})

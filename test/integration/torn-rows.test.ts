/** One torn row, whatever table it is in and however it came about, stops no agent, no list and no other matter; what it
 *  was is made anew from the entries, or named. */
import { describe, expect, test } from 'vitest'
import { listIncidents } from '#collector/incidents/lists.ts'
import { type EventPlace, timeline } from '#collector/incidents/timeline.ts'
import { recorrelate, refoldStale } from '#collector/incidents/recorrelate.ts'
import { commitBatches } from '#collector/ingest/commit.ts'
import { rereadQuarantined } from '#collector/ingest/reread.ts'
import { storedLogs } from '#collector/ingest/stored-logs.ts'
import { openHot } from '#collector/store/hot.ts'
import { agentLife, batchesOf, type LifeLog } from '../support/agent-life.ts'
import { addEndpoint, agentOf, openTestStore } from '../support/collector-store.ts'
import { start } from '../support/events.ts'
import { incidentRows } from '../support/incident-rows.ts'

const told = { mailboxes: ['mail'], now: start }

/** A life of two boots. What the first entries made is torn, then the rest comes. */
async function openRig() {
  const rig = await openTestStore()
  const agent = { id: await addEndpoint(rig.store, 1), agent: agentOf(1) }
  const hot = openHot(rig.store)
  const parts = { store: rig.store, told: () => told, version: 'test', changed: () => undefined }
  const life = agentLife(1)
  life.address(1, 9, 'added')
  life.plug(1)
  life.copy(1, 1)
  life.address(1, 8, 'added')
  life.copy(1, 2)
  life.reboot()
  life.address(1, 7, 'added')
  life.plug(1)
  const [one, two] = life.logs as [LifeLog, LifeLog]
  const [first, ...rest] = [...batchesOf({ agent, log: one }, [4]), ...batchesOf({ agent, log: two }, [500])]
  const commit = async (batches: readonly (typeof first)[]) => {
    const committed = []
    for (const batch of batches) if (batch) committed.push(await commitBatches(rig.store, hot, [batch], told))
    return committed
  }
  await commit([first])
  const run = async (check: boolean): Promise<string[]> => {
    const lines: string[] = []
    await recorrelate(parts, { check, tell: (line) => lines.push(line), progress: () => undefined })
    return lines
  }
  return {
    ...rig,
    agent,
    hot,
    run,
    /** As a fault of ours, or of the disk, would leave it. */
    tear: (sql: string) => rig.store.connection.exec(`PRAGMA foreign_keys = OFF; ${sql}; PRAGMA foreign_keys = ON`),
    rest: async () => {
      const committed = await commit(rest)
      await refoldStale(parts)
      return committed.reduce((sum, { entries }) => sum + entries.event, 0)
    },
    list: () => rig.store.read((tx) => listIncidents(tx, 'all', { order: 'happened', filter: {}, limit: 10 })),
  }
}

async function whole() {
  await using rig = await openRig()
  await rig.rest()
  return await incidentRows(rig.store)
}

describe('is found by a check, and comes right with what comes next, or by recorrelate', () => {
  test.for([
    ['facts of a matter that are no JSON', "UPDATE matter SET facts = '{torn'", /next event/],
    ['facts of a matter in another shape', `UPDATE matter SET facts = '{"opened":1,"on":"x"}'`, /next event/],
    ['facts of a matter that are null', "UPDATE matter SET facts = 'null'", /next event/],
    ['facts of a matter that are gone', "UPDATE matter SET facts = ''", /next event/],
    ['a matter that names no incident', 'UPDATE matter SET incident_number = NULL', /names incident null/],
    ['a matter that names one that is not there', 'UPDATE matter SET incident_number = 999', /names incident 999/],
    ['a picture that is no JSON', "UPDATE incident SET state = '{torn'", /violations is 0/],
    ['a picture in another shape', "UPDATE incident SET state = '{}'", /violations is 0/],
    ['what an incident is drawn from', "UPDATE incident SET facts = '{torn'", /drawn from/],
    ['an incident of no kind', "UPDATE incident SET kind = 'other'", /kind is other/],
    ['an incident of no severity', 'UPDATE incident SET severity = 99', /severity/],
    ['incidents that are gone', 'DELETE FROM action; DELETE FROM alert; DELETE FROM incident', /not stored/],
    ['an alert', "UPDATE alert SET news = '{torn', telling = '7'", /^$/],
    ['entries of another matter', 'UPDATE matter SET stale = 1; UPDATE entry SET incident_number = 7', /name another/],
  ] as const)('%s', async ([, sql, words]) => {
    await using rig = await openRig()
    rig.tear(sql)
    expect((await rig.run(true)).join('\n')).toMatch(words)
    expect((await rig.list()).items.length).toBeGreaterThanOrEqual(0)
    expect(await rig.rest()).toBe(5)
    await rig.run(false)
    expect(await rig.run(true)).toEqual([])
    expect(await incidentRows(rig.store)).toEqual(await whole())
  })
})

test.for([
  ['a stage that is none', "UPDATE incident SET stage = 'other'"],
  ['a matter that is gone', 'DELETE FROM matter'],
  ['matters of no kind', "UPDATE matter SET kind = 'other'"],
  ['half an anchor', 'UPDATE boot SET anchor_mono = NULL'],
] as const)('%s: every violation has its incident all the same, and can be listed', async ([, sql]) => {
  await using rig = await openRig()
  rig.tear(sql)
  expect(await rig.rest()).toBe(5)
  await rig.run(false)
  const loose = await rig.store.read((tx) =>
    tx
      .selectFrom('entry')
      .select('id')
      .where('severity', 'is not', null)
      .where('incident_number', 'is', null)
      .execute(),
  )
  expect(loose).toEqual([])
  expect((await rig.list()).items.length).toBeGreaterThan(2)
})

test('a timeline leaves out a torn line, and ends with its last full page', async () => {
  await using rig = await openRig()
  await rig.rest()
  const pages = async (): Promise<number[]> => {
    const { items } = await rig.list()
    const stay = items.find(({ incident }) => incident.kind === 'stay' && incident.events === 3)
    if (stay === undefined) throw new Error('It is listed.')
    const sizes: number[] = []
    for (let after: EventPlace | undefined; ;) {
      const at = { ...(after && { after }), limit: 1 }
      const page = await rig.store.read((tx) => timeline(tx, 'all', stay, at))
      sizes.push(page.entries.length)
      if (page.next === undefined) return sizes
      after = page.next
    }
  }
  expect(await pages()).toEqual([1, 1, 1])
  rig.tear("UPDATE entry SET line = x'7b' WHERE idx = 3")
  expect(await pages()).toEqual([1, 0, 1])
  const page = await rig.store.read((tx) => listIncidents(tx, 'all', { order: 'arrived', filter: {}, limit: 3 }))
  expect([page.items.length, page.total, page.next]).toEqual([3, 3, undefined])
})

test.for([
  ['is no JSON', "UPDATE entry SET line = x'7b' WHERE idx = 3"],
  ['is gone', 'UPDATE entry SET line = NULL WHERE idx = 3'],
] as const)(
  'an entry whose line %s is set aside and counted, and the others of its matter are folded',
  async ([, sql]) => {
    await using rig = await openRig()
    rig.tear(sql)
    expect((await rig.run(true)).join('\n')).toMatch(/entry 4: not correlated/)
    await rig.rest()
    await rig.run(false)
    expect(await rig.run(true)).toEqual([])
    const aside = await rig.store.read((tx) =>
      tx.selectFrom('entry').select(['id', 'reason']).where('state', '=', 2).execute(),
    )
    expect(aside).toMatchObject([{ id: 4, reason: expect.stringMatching(/^not correlated/) }])
    const [stay] = (await incidentRows(rig.store)).filter(({ kind, violations }) => kind === 'stay' && violations > 1)
    expect(stay).toMatchObject({ violations: 2, endedBy: 'boot-ended' })
    expect(await rereadQuarantined(rig.store, rig.hot)).toBe(0)
  },
)

test('the facts of an incident about a log, or of one that gathers, are named where they are torn; agents go on', async () => {
  await using rig = await openTestStore()
  const agent = { id: await addEndpoint(rig.store, 1), agent: agentOf(1) }
  const hot = openHot(rig.store)
  const life = agentLife(1)
  for (let n = 0; n < 1_010; n++) life.plug(n)
  life.restart(null)
  for (const log of life.logs)
    for (const batch of batchesOf({ agent, log }, [500])) await commitBatches(rig.store, hot, [batch], told)
  rig.store.connection.exec(`UPDATE incident SET facts = '{torn' WHERE matter_id IS NULL`)
  const parts = { store: rig.store, told: () => told, version: 'test', changed: () => undefined }
  const lines: string[] = []
  const { left } = await recorrelate(parts, {
    check: false,
    tell: (line) => lines.push(line),
    progress: () => undefined,
  })
  expect([lines.length, left]).toEqual([2, 2])
  expect(lines.join('\n')).toMatch(/incident 1001: .* cannot be read\nincident 1002: .* cannot be read/)
  for (let n = 0; n < 1_020; n++) life.copy(n, n)
  life.reboot()
  for (const log of life.logs.slice(1))
    for (const batch of batchesOf({ agent, log }, [2_000]).filter(
      ({ log: { from } }) => from >= 1 || log !== life.logs[1],
    ))
      await commitBatches(rig.store, hot, [batch], told)
})

test('a torn frontier is made anew from the entries', async () => {
  await using rig = await openRig()
  const logs = () => storedLogs({ store: rig.store, lost: () => undefined }, rig.agent.id)
  const [{ epoch }] = (await rig.store.read((tx) => tx.selectFrom('log').select('epoch').execute())) as [
    { epoch: string },
  ]
  const { frontier } = await logs().one(epoch)
  rig.tear("UPDATE log SET frontier = x'00'")
  expect((await logs().one(epoch)).frontier).toEqual(frontier)
  expect(await rig.rest()).toBe(5)
})

import { expect, test } from 'vitest'
import { endAsUnknown } from '#collector/incidents/ends.ts'
import { recorrelate, refoldStale } from '#collector/incidents/recorrelate.ts'
import { commitBatches } from '#collector/ingest/commit.ts'
import { rereadQuarantined } from '#collector/ingest/reread.ts'
import { takeForm } from '#collector/store/form.ts'
import { openHot } from '#collector/store/hot.ts'
import { agentLife, batchesOf, type LifeLog } from '../support/agent-life.ts'
import { addEndpoint, agentOf, openTestStore } from '../support/collector-store.ts'
import { start } from '../support/events.ts'
import { incidentNames, incidentRows } from '../support/incident-rows.ts'

const told = { mailboxes: [], now: start }

async function openRig() {
  const rig = await openTestStore()
  const agent = { id: await addEndpoint(rig.store, 1), agent: agentOf(1) }
  const hot = openHot(rig.store)
  const life = agentLife(1)
  life.address(1, 9, 'added')
  life.plug(1)
  life.copy(1, 1)
  life.address(1, 9, 'removed')
  life.unplug(1)
  life.address(2, 3, 'added')
  for (const log of life.logs) await commitBatches(rig.store, hot, batchesOf({ agent, log }, [3]), told)
  const parts = { store: rig.store, told: () => told, version: 'test', changed: () => undefined }
  const run = async (check: boolean): Promise<string[]> => {
    const lines: string[] = []
    await recorrelate(parts, { check, tell: (line) => lines.push(line), progress: () => undefined })
    return lines
  }
  return { ...rig, run, parts }
}

test.for([
  ['a lower severity', "UPDATE incident SET severity = 3 WHERE kind = 'stay'", /severity/],
  ['an end that is not there', 'UPDATE incident SET ended_at = 5 WHERE ended_at IS NULL', /ended_at/],
  ['a moved opening', "UPDATE incident SET opened_at = opened_at - 1 WHERE kind = 'stay'", /opened_at/],
  [
    'violations counted away',
    'UPDATE incident SET state = replace(state, \'"violations":2\', \'"violations":1\')',
    /violations/,
  ],
  ['an entry without its incident', 'UPDATE entry SET incident_number = NULL WHERE id = 3', /entries name another/],
  [
    'a part that is said to be on',
    "INSERT INTO broken_part SELECT matter_id, boot_id, 'address 1.2.3.4/8' FROM broken_part",
    /parts/,
  ],
  ['a part that is said to be off', 'DELETE FROM broken_part', /parts/],
  [
    'a deleted incident',
    'DELETE FROM action; UPDATE matter SET incident_number = NULL; UPDATE entry SET incident_number = NULL; DELETE FROM incident',
    /not stored/,
  ],
] as const)('names %s, and puts it right', async ([, poison, told_]) => {
  await using rig = await openRig()
  expect(await rig.run(true)).toEqual([])
  const rows = await incidentRows(rig.store)
  rig.store.connection.exec(poison)
  expect((await rig.run(true)).join('\n')).toMatch(told_)
  await rig.run(false)
  expect(await rig.run(true)).toEqual([])
  expect(await incidentRows(rig.store)).toEqual(rows)
})

test('an incident that its entries no longer make is withdrawn, never deleted; where two become one, the first stays', async () => {
  await using rig = await openRig()
  const [first] = await incidentNames(rig.store)
  rig.store.connection.exec(`
    INSERT INTO incident (id, kind, matter_id, agent_id, endpoint_id, department, level, severity, stage, opened_at, arrived_at, last_at,
      ended_at, boot_id, opening_entry, facts, state, revision)
      SELECT 'ffffffffffffffffffffffffffffffff', kind, matter_id, agent_id, endpoint_id, department, level, severity, 'open', opened_at,
        arrived_at, last_at, ended_at, boot_id, NULL, facts, state, 0 FROM incident WHERE number = ${first?.number};
    UPDATE entry SET incident_number = (SELECT max(number) FROM incident) WHERE id = 5;
    UPDATE matter SET stale = 1;`)
  await refoldStale(rig.parts)
  const names = await incidentNames(rig.store)
  const withdrawn = names.filter(({ stage }) => stage === 'withdrawn')
  expect(withdrawn.map(({ id }) => id)).toEqual(['ffffffffffffffffffffffffffffffff'])
  const acts = await rig.store.read((tx) =>
    tx.selectFrom('action').selectAll().where('kind', '=', 'withdrawn').execute(),
  )
  expect(acts).toMatchObject([{ actor_kind: 'collector', fields: JSON.stringify({ into: first?.number }) }])
  expect(names.find(({ number }) => number === first?.number)).toEqual(first)
})

test('what is on when its agent is retired ends as unknown, also when it is folded anew', async () => {
  await using rig = await openRig()
  await rig.store.write((tx) => endAsUnknown(tx, 1, { mailboxes: [], now: start + 2_000_000_000 }))
  const rows = await incidentRows(rig.store)
  expect(rows.find(({ endedBy }) => endedBy === 'unknown')).toMatchObject({ endedAt: start + 2_000_000_000 })
  expect(rows.filter(({ endedAt }) => endedAt === null)).toEqual([])
  expect(await rig.run(true)).toEqual([])
})

test('what an older version made of the entries, in a form of its own, is made anew at the start; nothing is read before', async () => {
  await using rig = await openRig()
  const rows = await incidentRows(rig.store)
  const names = await incidentNames(rig.store)
  rig.store.connection.exec(`UPDATE store SET form = 1; UPDATE matter SET facts = '{"older":true}'`)
  expect(await rig.store.write(takeForm)).toBe(true)
  expect(await rig.store.write(takeForm)).toBe(false)
  const more = agentLife(1)
  more.restart(null)
  more.copy(1, 9)
  const agent = { id: 1, agent: agentOf(1) }
  const [batch] = batchesOf({ agent, log: more.logs[1] as LifeLog }, [9])
  const taken = batch && (await commitBatches(rig.store, openHot(rig.store), [batch], told))
  expect(taken).toMatchObject({ stale: true, entries: { quarantined: 0, event: 2 } })
  await refoldStale(rig.parts)
  const after = await incidentRows(rig.store)
  expect((await incidentNames(rig.store)).slice(0, names.length)).toEqual(names)
  const ofMatter = (found: typeof rows) => found.filter(({ kind }) => kind === 'network-episode')
  expect(ofMatter(after)).toEqual(ofMatter(rows))
  expect(after.find(({ kind }) => kind === 'stay')?.violations).toBe(3)
})

test('what was withdrawn and is found again is open again, under its number', async () => {
  await using rig = await openRig()
  const { store } = rig
  store.connection.exec(
    `CREATE TEMP TABLE kept AS SELECT id, line FROM entry; UPDATE entry SET line = x'7b' WHERE matter_id IS NOT NULL`,
  )
  await rig.run(false)
  expect((await incidentNames(store)).map(({ stage }) => stage)).toEqual(['withdrawn', 'withdrawn', 'withdrawn'])
  store.connection.exec('UPDATE entry SET line = (SELECT line FROM kept WHERE kept.id = entry.id)')
  await rereadQuarantined(store, openHot(store))
  await refoldStale(rig.parts)
  expect((await incidentNames(store)).map(({ stage }) => stage)).toEqual(['open', 'open', 'open'])
  expect(await rig.run(true)).toEqual([])
})

test('a boot that begins while its matter is being folded anew still ends it', async () => {
  await using rig = await openTestStore()
  const agent = { id: await addEndpoint(rig.store, 1), agent: agentOf(1) }
  const life = agentLife(1)
  life.address(1, 9, 'added')
  life.reboot()
  const [first, next] = life.logs.flatMap((log) => batchesOf({ agent, log }, [500]))
  if (first === undefined || next === undefined) throw new Error('two logs make two batches')
  await commitBatches(rig.store, openHot(rig.store), [first], told)
  rig.store.connection.exec('UPDATE matter SET stale = 1')
  let [reads, rebooted] = [0, false]
  const read: typeof rig.store.read = async (run) => {
    const result = await rig.store.read(run)
    reads += 1
    if (reads === 5 && !rebooted) {
      rebooted = true
      await commitBatches(rig.store, openHot(rig.store), [next], told)
    }
    return result
  }
  const parts = { store: { read, write: rig.store.write }, told: () => told, version: 'test', changed: () => undefined }
  expect(await refoldStale(parts)).toBe(1)
  expect(rebooted).toBe(true)
  expect(await incidentRows(rig.store)).toMatchObject([{ endedBy: 'boot-ended' }])
})

test('a matter that never rests is folded all the same: what comes while it is folded is folded with it', async () => {
  await using rig = await openTestStore()
  const agent = { id: await addEndpoint(rig.store, 1), agent: agentOf(1) }
  const hot = openHot(rig.store)
  const life = agentLife(1)
  for (let n = 0; n < 1_500; n++) life.address(1, n % 7, n % 2 === 0 ? 'added' : 'removed')
  const [log] = life.logs as [LifeLog]
  const batches = batchesOf({ agent, log }, [10])
  for (const batch of batches.splice(0, 100)) await commitBatches(rig.store, hot, [batch], told)
  rig.store.connection.exec('UPDATE matter SET stale = 1')
  const read: typeof rig.store.read = async (run) => {
    const [next] = batches.splice(0, 1)
    if (next) await commitBatches(rig.store, hot, [next], told)
    return rig.store.read(run)
  }
  const parts = { store: { read, write: rig.store.write }, told: () => told, version: 'test', changed: () => undefined }
  expect(await refoldStale(parts)).toBe(1)
  expect(batches.length).toBeGreaterThan(0) // they came all the time
  for (const batch of batches.splice(0)) await commitBatches(rig.store, hot, [batch], told)
  const lines: string[] = []
  await recorrelate(parts, { check: true, tell: (line) => lines.push(line), progress: () => undefined })
  expect(lines).toEqual([])
  await using plain = await openTestStore()
  const same = { id: await addEndpoint(plain.store, 1), agent: agentOf(1) }
  for (const batch of batchesOf({ agent: same, log }, [500]))
    await commitBatches(plain.store, openHot(plain.store), [batch], told)
  expect(await incidentRows(rig.store)).toEqual(await incidentRows(plain.store))
})

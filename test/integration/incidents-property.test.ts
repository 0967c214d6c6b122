/** Any batching, any interleaving of agents, restarts, entries out of their order, folding anew: the same incidents, and
 *  none lost. Sizes go well beyond every bound of a picture, and that is asserted. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { severityOf } from '#shared/event/event.ts'
import { leafHash } from '#shared/evidence/merkle.ts'
import { openChanges } from '#collector/incidents/changes.ts'
import { retimeSome } from '#collector/incidents/retime.ts'
import { recorrelate, refoldStale, type Refolding } from '#collector/incidents/recorrelate.ts'
import { commitBatches } from '#collector/ingest/commit.ts'
import type { VerifiedBatch, VerifiedEntry } from '#collector/ingest/batch.ts'
import { rereadQuarantined } from '#collector/ingest/reread.ts'
import type { Store } from '#collector/store/database.ts'
import { openHot, type Hot } from '#collector/store/hot.ts'
import { agentLife, asEvent, batchesOf, type Life } from '../support/agent-life.ts'
import { addEndpoint, agentOf, openTestStore } from '../support/collector-store.ts'
import { start } from '../support/events.ts'
import { incidentNames, incidentRows } from '../support/incident-rows.ts'

/** More of them at night: `PROPERTY_RUNS=1000`. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 25)

const told = { mailboxes: [], now: start }

async function openRig(agents: number) {
  const rig = await openTestStore()
  const ids: number[] = []
  for (let n = 1; n <= agents; n++) ids.push(await addEndpoint(rig.store, n))
  return { ...rig, hot: openHot(rig.store), agent: (n: number) => ({ id: ids[n - 1] ?? 0, agent: agentOf(n) }) }
}

const parts = (store: Store): Refolding => ({ store, told: () => told, version: 'test', changed: () => undefined })

const markAllStale = (store: Store) => store.write((tx) => tx.updateTable('matter').set({ stale: 1 }).execute())

/** Folds all of it anew: what there was before and after, and the differences that it told. */
async function foldedAnew(store: Store) {
  const incidents = async () => ({ rows: await incidentRows(store), names: await incidentNames(store) })
  const before = await incidents()
  const differences: string[] = []
  await recorrelate(parts(store), { check: true, tell: (line) => differences.push(line), progress: () => undefined })
  await markAllStale(store)
  await refoldStale(parts(store))
  return { before, differences, after: await incidents() }
}

async function commitAll(store: Store, hot: Hot, batches: readonly VerifiedBatch[], together = 1): Promise<void> {
  for (let from = 0; from < batches.length; from += together)
    await commitBatches(store, hot, batches.slice(from, from + together), told)
}

/** What an agent may go through, one letter a step. */
const steps: Readonly<Record<string, (life: Life, n: number) => unknown>> = {
  address: (life, n) => life.address(1 + (n % 2), n % 3, 'added'),
  again: (life, n) => life.address(1 + (n % 2), n % 3, 'added', { found: 'present' }),
  allowed: (life, n) => life.address(1 + (n % 2), n % 3, 'allowed'),
  removed: (life, n) => life.address(1 + (n % 2), n % 3, 'removed'),
  route: (life, n) => life.route(1 + (n % 2), (n % 2) * 100, 'added'),
  unroute: (life, n) => life.route(1 + (n % 2), (n % 2) * 100, 'removed'),
  up: (life, n) => life.link(1 + (n % 2), n % 3 === 0 ? 'broken' : 'up'),
  down: (life, n) => life.link(1 + (n % 2), 'down'),
  plug: (life, n) => life.plug(n % 4, n % 5 === 0 ? [] : undefined),
  unplug: (life, n) => life.unplug(n % 4),
  copy: (life, n) => life.copy(n % 4, n, n % 3 === 0 ? [] : undefined),
  restart: (life) => life.restart(),
  reboot: (life) => life.reboot(),
  clone: (life) => life.restart(null),
  applied: (life) =>
    life.say('policy.applied', {
      detail: { document: 'policy', version: 1, expires: '2027-01-01T00:00:00.000+00:00' },
    }),
  quiet: (life) => life.pass(11 * 60_000),
  soon: (life) => life.pass(2_000),
  vouched: (life, n) => life.trust(n % 2 === 0),
}
const lives = fc.array(fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.nat(60)), { maxLength: 60 })

function lived(n: number, story: readonly (readonly [string, number])[]): Life {
  const life = agentLife(n, { vouched: n % 2 === 0, wallSkewMs: n * 3_600_000 })
  for (const [step, more] of story) steps[step]?.(life, more)
  return life
}

const allBatches = (agent: { id: number; agent: string }, life: Life, sizes: readonly number[]): VerifiedBatch[] =>
  life.logs.flatMap((log) => batchesOf({ agent, log }, sizes))

const violations = (life: Life): number =>
  life.logs.flatMap(({ events }) => events).filter((event) => severityOf(event) !== undefined).length

test(
  'batching, transactions and the interleaving of agents change nothing; every violation has its incident',
  () =>
    fc.assert(
      fc.asyncProperty(
        lives,
        lives,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 7 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
        async (one, two, sizes, together, turns) => {
          const [first, second] = [lived(1, one), lived(2, two)]
          await using plain = await openRig(2)
          await commitAll(plain.store, plain.hot, allBatches(plain.agent(1), first, [500]))
          await commitAll(plain.store, plain.hot, allBatches(plain.agent(2), second, [500]))
          await using mixed = await openRig(2)
          const queues = [
            allBatches(mixed.agent(1), first, sizes),
            allBatches(mixed.agent(2), second, sizes.toReversed()),
          ]
          const order: VerifiedBatch[] = []
          for (let turn = 0; queues.some((queue) => queue.length > 0); turn++) {
            const [a, b] = turns[turn % turns.length] === true ? [0, 1] : [1, 0]
            order.push(...(queues[a]?.splice(0, 1) ?? []), ...(turn % 3 === 0 ? (queues[b]?.splice(0, 1) ?? []) : []))
          }
          await commitAll(mixed.store, mixed.hot, order, together)
          const rows = await incidentRows(plain.store)
          expect(await incidentRows(mixed.store)).toEqual(rows)
          const loose = await plain.store.read((tx) =>
            tx
              .selectFrom('entry')
              .select('id')
              .where('severity', 'is not', null)
              .where('incident_number', 'is', null)
              .execute(),
          )
          expect(loose).toEqual([])
          expect(violations(first) + violations(second)).toBeGreaterThanOrEqual(
            rows
              .filter(({ kind }) => kind === 'stay' || kind === 'network-episode')
              .reduce((sum, row) => sum + row.violations, 0),
          )
        },
      ),
      { numRuns: RUNS },
    ),
  60_000 + RUNS * 1_000,
)

test(
  'folding anew finds the same incidents, under the same numbers and ids',
  () =>
    fc.assert(
      fc.asyncProperty(lives, fc.integer({ min: 1, max: 9 }), async (story, size) => {
        await using rig = await openRig(1)
        await commitAll(rig.store, rig.hot, allBatches(rig.agent(1), lived(1, story), [size]))
        const { before, differences, after } = await foldedAnew(rig.store)
        expect(differences).toEqual([])
        expect(after).toEqual(before)
      }),
      { numRuns: RUNS },
    ),
  60_000 + RUNS * 1_000,
)

test(
  'what people closed meanwhile stays closed, apart, and the same when everything is folded anew',
  () =>
    fc.assert(
      fc.asyncProperty(
        lives,
        fc.integer({ min: 1, max: 9 }),
        fc.array(fc.constantFrom('closed', 'false-alarm', ''), { minLength: 1, maxLength: 6 }),
        async (story, size, closings) => {
          await using rig = await openRig(1)
          for (const [turn, batch] of allBatches(rig.agent(1), lived(1, story), [size]).entries()) {
            await commitBatches(rig.store, rig.hot, [batch], told)
            const stage = closings[turn % closings.length] ?? ''
            if (stage !== '')
              await rig.store.write((tx) => tx.updateTable('incident').set({ stage }).where('number', '>', 0).execute())
          }
          const { before, differences, after } = await foldedAnew(rig.store)
          expect(differences).toEqual([])
          expect(after).toEqual(before)
          for (const row of after.rows.filter(({ linked }) => linked)) expect(row.violations).toBeGreaterThan(0)
        },
      ),
      { numRuns: RUNS },
    ),
  60_000 + RUNS * 1_000,
)

test(
  'entries that are understood or filled only later give what they would have given in their order',
  () =>
    fc.assert(
      fc.asyncProperty(
        lives,
        fc.array(fc.nat(200), { maxLength: 20 }),
        fc.boolean(),
        async (story, hidden, asTombstones) => {
          const life = lived(1, story)
          await using plain = await openRig(1)
          await commitAll(plain.store, plain.hot, allBatches(plain.agent(1), life, [500]))
          await using later = await openRig(1)
          const isHidden = (index: number): boolean => index > 0 && hidden.includes(index)
          for (const log of life.logs) {
            const as = (event: Parameters<typeof asEvent>[0], index: number): VerifiedEntry => {
              const entry = asEvent(event)
              if (!isHidden(index) || entry.state !== 'event') return entry
              return asTombstones
                ? { state: 'tombstone', leaf: leafOf(entry.line), reason: 'evicted' }
                : { state: 'quarantined', line: entry.line, reason: 'unknown kind' }
            }
            await commitAll(later.store, later.hot, batchesOf({ agent: later.agent(1), log }, [7], { as }))
          }
          if (asTombstones)
            for (const log of life.logs) {
              const filled = log.events.flatMap((event, index) => {
                const entry = asEvent(event)
                return isHidden(index) && entry.state === 'event' ? [{ index, entry }] : []
              })
              const [whole] = batchesOf({ agent: later.agent(1), log }, [100_000])
              if (whole)
                await commitBatches(
                  later.store,
                  later.hot,
                  [{ ...whole, log: { ...whole.log, from: log.events.length }, entries: [], filled }],
                  told,
                )
            }
          else await rereadQuarantined(later.store, later.hot)
          await refoldStale(parts(later.store))
          const plainRows = await incidentRows(plain.store)
          expect(withoutLogs(await incidentRows(later.store))).toEqual(withoutLogs(plainRows))
        },
      ),
      {
        numRuns: RUNS,
        // found once: the first trusted stamp of a boot is understood only later
        examples: [
          [
            [...Array.from({ length: 5 }, () => ['address', 0] as [string, number]), ['vouched', 0], ['address', 0]],
            [6],
            false,
          ],
        ],
      },
    ),
  60_000 + RUNS * 1_000,
)

async function retimeAll(store: Store): Promise<void> {
  const step = (): Promise<boolean> =>
    store.write(async (tx) => {
      const changes = openChanges(tx, told)
      const isLeft = await retimeSome(changes)
      await changes.finish()
      return isLeft
    })
  while (await step());
}

const withoutLogs = (rows: Awaited<ReturnType<typeof incidentRows>>) =>
  rows.filter(({ kind }) => kind === 'stay' || kind === 'network-episode')
const leafOf = (line: Buffer): Buffer => leafHash(line)

test(
  'a log that was refused and written again in its place, in time or late, makes what it would have made itself',
  () =>
    fc.assert(
      fc.asyncProperty(
        lives,
        fc.nat(20),
        fc.nat(20),
        fc.nat(20),
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        async (story, which, named, stored, isLate, size) => {
          const life = lived(1, story)
          await using plain = await openRig(1)
          await commitAll(plain.store, plain.hot, allBatches(plain.agent(1), life, [500]))
          const at = which % life.logs.length
          const log = life.logs[at]
          if (log === undefined) return
          const from = 1 + (named % log.events.length)
          const held = { ...log, events: log.events.slice(0, Math.min(log.events.length, from + (stored % 5))) }
          const [started] = log.events
          if (started === undefined) return
          const again = {
            epoch: '77777777-2222-4222-8222-111111111111',
            start: { ...log.start, previous: { ...life.previous('refused', log, from) } },
            events: [{ ...started, salt: 'f'.repeat(32) }, ...log.events.slice(from)],
          }
          const order = life.logs.flatMap((each) => (each === log ? (isLate ? [held] : [held, again]) : [each]))
          await using refused = await openRig(1)
          const agent = refused.agent(1)
          for (const each of [...order, ...(isLate ? [again] : [])])
            await commitAll(refused.store, refused.hot, batchesOf({ agent, log: each }, [size]))
          await refoldStale(parts(refused.store))
          await retimeAll(refused.store)
          const shown = (rows: Awaited<ReturnType<typeof incidentRows>>) =>
            withoutLogs(rows).map(({ entries, ...row }) => ({ ...row, entries: entries.length }))
          expect(shown(await incidentRows(refused.store))).toEqual(shown(await incidentRows(plain.store)))
        },
      ),
      {
        numRuns: RUNS,
        // found once: a stay that logs of two branches tell of, the later one first
        examples: [
          [
            [
              ['copy', 5],
              ['clone', 0],
              ['copy', 5],
            ],
            0,
            0,
            0,
            true,
            1,
          ],
        ],
      },
    ),
  60_000 + RUNS * 1_000,
)

describe('far beyond every bound', () => {
  test('a card with thousands of parts and contacts loses none and ends right', async () => {
    const life = agentLife(1)
    for (let n = 0; n < 3_000; n++) life.address(1, n, 'added')
    for (let n = 0; n < 3_000; n++) life.address(1, n, 'removed')
    for (let n = 0; n < 300; n++) {
      life.address(1, 1, 'added')
      life.address(1, 1, 'removed')
    }
    const snapshots = []
    for (const size of [500, 61]) {
      await using rig = await openRig(1)
      await commitAll(rig.store, rig.hot, allBatches(rig.agent(1), life, [size]))
      await markAllStale(rig.store)
      await refoldStale(parts(rig.store))
      snapshots.push(await incidentRows(rig.store))
    }
    expect(snapshots[1]).toEqual(snapshots[0])
    expect(snapshots[0]).toMatchObject([{ violations: 3_300, contacts: 301, endedBy: 'gone' }])
    expect(snapshots[0]?.[0]?.contacts).toBeGreaterThan(8 * 30)
    expect(snapshots[0]?.[0]?.violations).toBeGreaterThan(32 * 90)
  })
})

/** Cases that were tried and went wrong, and whole kinds of them: what the commit makes of an agent's logs. */
import { describe, expect, test } from 'vitest'
import { openChanges } from '#collector/incidents/changes.ts'
import { listIncidents } from '#collector/incidents/lists.ts'
import { refoldStale } from '#collector/incidents/recorrelate.ts'
import { incidentOf } from '#collector/incidents/pictures.ts'
import { retimeSome } from '#collector/incidents/retime.ts'
import { timeline } from '#collector/incidents/timeline.ts'
import { commitBatches } from '#collector/ingest/commit.ts'
import { openHot } from '#collector/store/hot.ts'
import { insertRefusal } from '#collector/store/refusals.ts'
import type { VerifiedEntry } from '#collector/ingest/batch.ts'
import type { Event } from '#shared/event/event.ts'
import { leafHash } from '#shared/evidence/merkle.ts'
import { agentLife, asEvent, batchesOf, type Life, type LifeLog } from '../support/agent-life.ts'
import { addEndpoint, agentOf, openTestStore } from '../support/collector-store.ts'
import { start } from '../support/events.ts'

const MINUTE = 60_000

async function openRig() {
  const rig = await openTestStore()
  const id = await addEndpoint(rig.store, 1)
  const hot = openHot(rig.store)
  const agent = { id, agent: agentOf(1) }
  const told = { mailboxes: ['mail'], now: start }
  const commitLog = async (log: LifeLog, size = 500): Promise<void> => {
    for (const batch of batchesOf({ agent, log }, [size])) await commitBatches(rig.store, hot, [batch], told)
  }
  return {
    ...rig,
    agent,
    hot,
    told,
    commitLog,
    /** A tombstone stands in the place of that event, until it is filled. */
    commitWithout: async (log: LifeLog, evicted: Event): Promise<void> => {
      const as = (event: Event): VerifiedEntry => {
        const entry = asEvent(event)
        if (event !== evicted || entry.state !== 'event') return entry
        return { state: 'tombstone', leaf: leafHash(entry.line), reason: 'evicted' }
      }
      for (const batch of batchesOf({ agent, log }, [500], { as })) await commitBatches(rig.store, hot, [batch], told)
    },
    fill: async (log: LifeLog, evicted: Event): Promise<void> => {
      const entry = asEvent(evicted)
      const [whole] = batchesOf({ agent, log }, [500])
      if (whole === undefined || entry.state !== 'event') throw new Error('it has entries')
      const filled = [{ index: log.events.indexOf(evicted), entry }]
      const at = { ...whole.log, from: log.events.length }
      expect(await commitBatches(rig.store, hot, [{ ...whole, log: at, entries: [], filled }], told)).toMatchObject({
        stale: true,
      })
      await refoldStale({ store: rig.store, told: () => told, version: 'test', changed: () => undefined })
    },
    refold: () => refoldStale({ store: rig.store, told: () => told, version: 'test', changed: () => undefined }),
    commit: async (life: Life, size = 500): Promise<void> => {
      for (const log of life.logs) await commitLog(log, size)
    },
    incidents: () =>
      rig.store.read(async (tx) => {
        const rows = await tx.selectFrom('incident').selectAll().orderBy('number').execute()
        return rows.map((row) => ({ ...row, ...incidentOf(row), state: undefined }))
      }),
  }
}

describe('a network episode', () => {
  test('of a cable that flaps 700 times is one incident with 700 contacts, and nothing is ever gone', async () => {
    await using rig = await openRig()
    const life = agentLife(1)
    for (let n = 0; n < 700; n++) {
      life.link(1, 'up')
      life.address(1, 9, 'added')
      life.address(1, 9, 'removed')
      life.link(1, 'down')
      life.pass(900)
    }
    await rig.commit(life, 37)
    const [incident, ...more] = await rig.incidents()
    expect(more).toEqual([])
    expect(incident).toMatchObject({ violations: 700, network: { contacts: 700 }, endedBy: 'gone' })
    expect(incident?.network?.newest).toHaveLength(8)
  })

  test('that begins again within ten minutes goes on; later it is another', async () => {
    await using rig = await openRig()
    const life = agentLife(1)
    life.link(1, 'up')
    for (const pause of [8_000, 9 * MINUTE, 10 * MINUTE + 10]) {
      life.address(1, 9, 'added')
      life.route(1, 100, 'added')
      life.address(1, 9, 'removed')
      life.route(1, 100, 'removed')
      life.pass(pause)
    }
    life.address(1, 8, 'added')
    await rig.commit(life)
    expect((await rig.incidents()).map(({ network, ended_at }) => [network?.contacts, ended_at !== null])).toEqual([
      [3, true],
      [1, false],
    ])
  })

  test('ends when the last broken part ended, whatever allowed parts do later', async () => {
    await using rig = await openRig()
    const life = agentLife(1)
    life.link(1, 'up')
    life.address(1, 1, 'allowed')
    life.address(1, 9, 'added')
    life.pass(3_000)
    life.address(1, 9, 'removed')
    const end = life.logs[0]?.events.at(-1)?.trusted ?? ''
    life.pass(4_000)
    life.address(1, 1, 'removed')
    for (let n = 0; n < 2_100; n++) life.address(1, 2, n % 2 === 0 ? 'allowed' : 'removed')
    life.link(1, 'down')
    life.pass(29_000)
    life.link(1, 'down')
    await rig.commit(life, 100)
    const [incident] = await rig.incidents()
    expect(incident).toMatchObject({ ended_at: Date.parse(end), endedBy: 'gone', violations: 1 })
  })

  test('of two metrics of one route ends when the last of them is gone', async () => {
    await using rig = await openRig()
    const life = agentLife(1)
    life.route(1, 100, 'added')
    life.route(1, 600, 'added')
    life.route(1, 100, 'removed')
    await rig.commit(life)
    expect((await rig.incidents())[0]).toMatchObject({ ended_at: null, violations: 2 })
    const log = life.restart()
    life.route(1, 600, 'removed')
    await rig.commitLog(log)
    expect((await rig.incidents())[0]).toMatchObject({ endedBy: 'gone' })
  })

  test('ends as allowed when the part is told again without a verdict, and a second telling counts nothing', async () => {
    await using rig = await openRig()
    const life = agentLife(1)
    life.address(1, 9, 'added')
    life.restart()
    for (let n = 0; n < 5; n++) life.address(1, 9, 'added', { found: 'present' })
    await rig.commit(life)
    expect((await rig.incidents())[0]).toMatchObject({ ended_at: null, violations: 1, rules: [{ count: 1 }] })
    const log = life.restart()
    life.address(1, 9, 'allowed', { found: 'present' })
    await rig.commitLog(log)
    expect((await rig.incidents())[0]).toMatchObject({ violations: 1, endedBy: 'allowed' })
  })

  test('ends with its boot, as a span, and with no other: not a restart, not another branch', async () => {
    await using rig = await openRig()
    const life = agentLife(1)
    life.address(1, 9, 'added')
    life.restart()
    await rig.commit(life)
    const strange = life.restart(null)
    await rig.commitLog(strange)
    expect((await rig.incidents()).find(({ kind }) => kind === 'network-episode')).toMatchObject({ ended_at: null })
  })

  test('that its boot ended tells the last moment it was on and the first it was not', async () => {
    await using rig = await openRig()
    const life = agentLife(1)
    life.address(1, 9, 'added')
    const last = Date.parse(life.logs[0]?.events.at(-1)?.trusted ?? '')
    life.reboot()
    const first = Date.parse(life.logs[1]?.events[0]?.trusted ?? '')
    await rig.commit(life)
    expect((await rig.incidents())[0]).toMatchObject({
      endedBy: 'boot-ended',
      ended_at: first,
      endedBetween: { after: last, before: first },
    })
  })

  test('goes on over a reboot only by trusted time, never by a clock that nobody vouches for', async () => {
    for (const [trusted, incidents] of [
      [true, 1],
      [false, 2],
    ] as const) {
      await using rig = await openRig()
      const life = agentLife(1, { vouched: trusted })
      life.address(1, 9, 'added')
      life.reboot()
      life.address(1, 9, 'added')
      await rig.commit(life)
      expect(await rig.incidents()).toHaveLength(incidents)
    }
  })
})

test('a boot’s first trusted stamp times what came before it, and the wrong clock never goes a day ahead', async () => {
  await using rig = await openRig()
  const life = agentLife(1, { wallSkewMs: 40 * 86_400_000, vouched: false })
  life.address(1, 9, 'added')
  const happened = start + 1
  const batches = batchesOf({ agent: rig.agent, log: life.logs[0] as LifeLog }, [500], { receivedAt: start + 5_000 })
  for (const batch of batches) await commitBatches(rig.store, rig.hot, [batch], rig.told)
  expect((await rig.incidents())[0]).toMatchObject({ opened_at: start + 5_000 + 86_400_000, unverified: true })
  life.trust(true)
  const log = life.restart()
  await rig.commitLog(log)
  expect((await rig.incidents())[0]).toMatchObject({ opened_at: happened, unverified: false })
})

describe('a stay', () => {
  test('counts a connection once, however often it is told again', async () => {
    await using rig = await openRig()
    const life = agentLife(1)
    life.plug(1)
    life.restart()
    for (let n = 0; n < 3; n++) life.plug(1, undefined, 'present')
    life.copy(1, 1)
    life.copy(1, 2)
    life.unplug(1)
    await rig.commit(life, 2)
    expect(await rig.incidents()).toMatchObject([{ violations: 3, endedBy: 'removed', files: { copied: 2 } }])
  })
})

test('an agent that floods gathers what is over a thousand in one incident, each violation with its row', async () => {
  await using rig = await openRig()
  const life = agentLife(1)
  for (let n = 0; n < 1_200; n++) life.plug(n)
  for (let n = 0; n < 1_200; n++) life.copy(n, n)
  await rig.commit(life)
  const incidents = await rig.incidents()
  expect(incidents).toHaveLength(1_001)
  const many = incidents.find(({ kind }) => kind === 'many-at-once')
  expect(many).toMatchObject({ ended_at: null, violations: 400, many: { of: 'stay', matters: 200 } })
  const named = await rig.store.read((tx) =>
    tx
      .selectFrom('entry')
      .select('id')
      .where('incident_number', '=', many?.number ?? 0)
      .execute(),
  )
  expect(named).toHaveLength(400)
  life.reboot()
  await rig.commitLog(life.logs.at(-1) as LifeLog)
  expect((await rig.incidents()).filter(({ ended_at }) => ended_at === null)).toEqual([])
})

test('a card that is gathered with others ends with its boot too, and begins anew after it', async () => {
  await using rig = await openRig()
  const life = agentLife(1)
  for (let n = 0; n < 1_003; n++) life.address(n, 9, 'added')
  life.reboot()
  life.address(1_001, 9, 'added')
  await rig.commit(life)
  await rig.refold()
  const many = async () => (await rig.incidents()).find(({ kind }) => kind === 'many-at-once')
  expect(await many()).toMatchObject({ ended_at: null })
  const log = life.restart()
  life.address(1_001, 9, 'removed')
  await rig.commitLog(log)
  expect((await rig.incidents()).filter(({ ended_at }) => ended_at === null)).toEqual([])
})

describe('succession', () => {
  test.for([
    ['no predecessor', () => null],
    ['an unknown epoch', (life: Life) => ({ ...life.previous(), epoch: '99999999-2222-4222-8222-222222222222' })],
    ['another root', (life: Life) => ({ ...life.previous(), root: 'ab'.repeat(32) })],
    ['another size', (life: Life) => ({ ...life.previous(), size: 999 })],
    ['a smaller size of a log that ended clean', (life: Life) => life.previous('clean', undefined, 1)],
  ] as const)('%s is taken, flagged, and an incident', async ([, of]) => {
    await using rig = await openRig()
    const life = agentLife(1)
    life.say('agent.stopped', { detail: { reason: 'x' } })
    life.restart(of(life))
    await rig.commit(life)
    expect(await rig.incidents()).toMatchObject([{ kind: 'succession', severity: 'high', ended_at: null }])
    const [, second] = await rig.store.read((tx) => tx.selectFrom('log').selectAll().orderBy('id').execute())
    expect(second?.broken).not.toBeNull()
  })

  test('a damaged log may be named smaller than it is', async () => {
    await using rig = await openRig()
    const life = agentLife(1)
    life.say('agent.stopped', { detail: { reason: 'x' } })
    life.restart(life.previous('damaged', undefined, 1))
    await rig.commit(life)
    expect(await rig.incidents()).toEqual([])
  })

  test('two logs that name one predecessor are a fork: both flagged, one incident, all stored', async () => {
    await using rig = await openRig()
    const life = agentLife(1)
    const before = life.previous()
    life.restart()
    life.restart(before)
    await rig.commit(life)
    expect(await rig.incidents()).toMatchObject([{ kind: 'fork' }])
    const logs = await rig.store.read((tx) => tx.selectFrom('log').select(['forked', 'branch', 'id']).execute())
    expect(logs.map(({ forked }) => forked)).toEqual([0, 1, 1])
  })

  test('a log that goes on after another one began where it ended is a fork: a clone beside an original', async () => {
    await using rig = await openRig()
    const life = agentLife(1)
    const clone = agentLife(1)
    const [original] = life.logs
    await rig.commitLog(original as LifeLog)
    clone.restart()
    await rig.commitLog(clone.logs[1] as LifeLog)
    life.say('agent.stopped', { detail: { reason: 'x' } })
    const [, grown] = batchesOf({ agent: rig.agent, log: original as LifeLog }, [1])
    if (grown) await commitBatches(rig.store, rig.hot, [grown], rig.told)
    expect(await rig.incidents()).toMatchObject([{ kind: 'fork' }])
  })

  test('a log that names one that was refused whole goes on from what was written in its place, once', async () => {
    await using rig = await openRig()
    const life = agentLife(1)
    life.address(1, 9, 'added')
    await rig.commit(life)
    const before = life.previous()
    const refused = life.restart()
    const named = life.previous()
    const again = life.restart({ ...before, ended: 'refused' })
    const later = life.restart(named)
    const refusal = { at: start, peer: '', code: 'start', detail: '', from_idx: 0, message: null }
    await rig.store.write((tx) => insertRefusal(tx, { ...refusal, agent: rig.agent.agent, epoch: refused.epoch }))
    await rig.commitLog(again)
    await rig.commitLog(later)
    expect(await rig.incidents()).toMatchObject([{ kind: 'network-episode', ended_at: null }])
    await rig.commitLog(life.restart(named))
    expect((await rig.incidents()).map(({ kind }) => kind)).toEqual(['network-episode', 'fork'])
    await rig.commitLog(life.restart({ ...named, epoch: '99999999-2222-4222-8222-222222222222' }))
    expect((await rig.incidents()).map(({ kind }) => kind)).toEqual(['network-episode', 'fork', 'succession'])
  })

  test('a replacement after a refusal takes the refused log’s place, and what was stored is not counted again', async () => {
    await using rig = await openRig()
    const life = agentLife(1)
    life.address(1, 9, 'added')
    life.plug(1)
    const [refused] = life.logs as [LifeLog]
    await rig.commitLog(refused)
    const replacement = life.restart(life.previous('refused', refused, 1))
    replacement.events.push(...refused.events.slice(1))
    life.copy(1, 7)
    await rig.commitLog(replacement, 2)
    life.restart({ ...life.previous('unclean', refused), size: 9, root: 'cd'.repeat(32) })
    await rig.commitLog(life.logs[2] as LifeLog)
    expect(await rig.incidents()).toMatchObject([
      { kind: 'network-episode', violations: 1 },
      { kind: 'stay', violations: 2 },
    ])
    const states = await rig.store.read((tx) => tx.selectFrom('entry').select('state').orderBy('id').execute())
    expect(states.map(({ state }) => state)).toEqual([0, 0, 0, 0, 3, 3, 0, 0])
    const branches = await rig.store.read((tx) => tx.selectFrom('log').select('branch').distinct().execute())
    expect(branches).toHaveLength(1)
  })
})

test('a clock that becomes known only after the next boot times what ended with that one', async () => {
  await using rig = await openRig()
  const life = agentLife(1, { wallSkewMs: -5 * 24 * 60 * MINUTE, vouched: false })
  life.plug(1)
  life.trust(true)
  const vouched = life.say('agent.stopped', { detail: { reason: 'x' } })
  life.trust(false)
  life.reboot()
  const [first, next] = life.logs as [LifeLog, LifeLog]
  await rig.commitWithout(first, vouched)
  await rig.commitLog(next)
  expect((await rig.incidents())[0]).toMatchObject({ unverified: true })
  await rig.fill(first, vouched)
  expect((await rig.incidents())[0]).toMatchObject({ unverified: false, opened_at: start + 1 })
})

test('of a boot whose clock becomes known, more incidents than one commit times are all shown by it', async () => {
  await using rig = await openRig()
  const life = agentLife(1, { wallSkewMs: -5 * 24 * 60 * MINUTE, vouched: false })
  for (let n = 0; n < 450; n++) {
    life.plug(n)
    life.unplug(n)
  }
  life.trust(true)
  life.say('agent.stopped', { detail: { reason: 'x' } })
  await rig.commit(life)
  const unverified = async (): Promise<number> =>
    (await rig.incidents()).filter((incident) => incident.unverified).length
  expect(await unverified()).toBe(49) // of 249 that began in the first commit, 200 are timed with the second
  const step = (): Promise<boolean> =>
    rig.store.write(async (tx) => {
      const changes = openChanges(tx, rig.told)
      const isLeft = await retimeSome(changes)
      await changes.finish()
      return isLeft
    })
  while (await step());
  const incidents = await rig.incidents()
  expect(incidents).toHaveLength(450)
  expect(incidents.filter(({ unverified: is, openedAt }) => is || Math.abs(openedAt - start) > MINUTE)).toEqual([])
})

describe('what comes late to an incident that people were done with', () => {
  const late = {
    'a violation of a network': (life: Life) => [life.address(1, 9, 'added'), life.address(1, 8, 'added')][1],
    'a violation of a stay': (life: Life) => [life.plug(1), life.copy(1, 1)][1],
    'what is only noted of a network': (life: Life) => [life.address(1, 9, 'added'), life.address(1, 8, 'allowed')][1],
    'what is only noted of a stay': (life: Life) => [life.plug(1), life.copy(1, 1, [])][1],
  }
  const cases = Object.entries(late).flatMap(([what, make]) =>
    (['closed', 'false-alarm'] as const).map((stage) => [what, stage, make] as const),
  )
  test.for(cases)('%s (%s)', async ([what, stage, make]) => {
    await using rig = await openRig()
    const life = agentLife(1)
    const event = make(life)
    const [log] = life.logs
    if (event === undefined || log === undefined) throw new Error('it has a log')
    await rig.commitWithout(log, event)
    await rig.store.write((tx) =>
      tx.updateTable('incident').set({ stage, version: 1 }).where('number', '=', 1).execute(),
    )
    await rig.fill(log, event)
    const isViolation = what.startsWith('a violation')
    expect(await rig.incidents()).toMatchObject([
      { stage: isViolation ? 'open' : stage, violations: isViolation ? 2 : 1, version: isViolation ? 2 : 1 },
    ])
  })
})

test('the timeline of a stay begins with its connecting, though no rule was broken then', async () => {
  await using rig = await openRig()
  const life = agentLife(1)
  life.plug(1, [])
  life.copy(1, 1, [])
  life.copy(1, 2)
  life.unplug(1)
  await rig.commit(life)
  const told = await rig.store.read(async (tx) => {
    const { items } = await listIncidents(tx, 'all', { order: 'happened', filter: {}, limit: 2 })
    return Promise.all(items.map((item) => timeline(tx, 'all', item, { limit: 10 })))
  })
  expect(told.map(({ entries }) => entries.map(({ event }) => event?.kind))).toEqual([
    ['medium.connected', 'file.copied', 'file.copied', 'medium.removed'],
  ])
})

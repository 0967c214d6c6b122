import { expect, test, vi } from 'vitest'
import { backOffMs } from '#collector/alerts/attempt.ts'
import type { Channel, Delivery } from '#collector/alerts/channels/channel.ts'
import { alertsFor } from '#collector/alerts/due.ts'
import { startOutbox } from '#collector/alerts/outbox.ts'
import { possibleDoubles, putAlerts, waitingCounts, withdrawAlerts, type DueAlert } from '#collector/store/alerts.ts'
import type { Store } from '#collector/store/database.ts'
import { addEndpoint, agentOf, batchOf, openTestStore } from '../../support/collector-store.ts'
import { stayEvents } from '../../support/events.ts'
import { manualClock, type ManualClock } from '../../support/manual-clock.ts'
import { stayIncident } from '../../support/incidents.ts'
import { commitBatches } from '#collector/ingest/commit.ts'
import { openHot } from '#collector/store/hot.ts'

const OFFICE = 'mail/office/a@example.org'
const silent = { warn: () => undefined }

/** Answers as told, in turn; when nothing is told, delivers. */
function scripted(name: string, answers: (Delivery | 'hang')[] = []) {
  const sent: DueAlert[] = []
  const channel: Channel = {
    name,
    async send(alert, signal) {
      sent.push(alert)
      const answer = answers.shift() ?? { outcome: 'delivered' }
      if (answer !== 'hang') return answer
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return { outcome: 'unseen', reason: 'no answer' }
    },
  }
  return { channel, sent }
}

/** A store with incidents in it, each with one alert due on each channel. */
async function withIncidents(store: Store, channels: readonly string[], count = 1): Promise<string[]> {
  const endpoint = { id: await addEndpoint(store, 1), agent: agentOf(1) }
  const events = Array.from({ length: count }, (_, n) => stayEvents({ plug: String(n).padStart(32, '0') })).flat()
  await commitBatches(store, openHot(store), [batchOf(endpoint, events)], { channels, now: 1 })
  const rows = await store.db.selectFrom('incident').select('id').execute()
  return rows.map(({ id }) => id)
}

const rows = ({ db }: Store) => db.selectFrom('alert').selectAll().orderBy('created_at').execute()
const states = async (store: Store) => (await rows(store)).map(({ state }) => state)
/** Lets time pass until it is so. */
const until = (clock: ManualClock, so: () => unknown) =>
  vi.waitFor(
    async () => {
      clock.pass(1000)
      await so()
    },
    { timeout: 4000, interval: 2 },
  )

test('an alert goes out when it is committed, without any time passing', async () => {
  await using kept = await openTestStore()
  const { channel, sent } = scripted(OFFICE)
  await using outbox = await startOutbox(
    { channels: [channel] },
    { db: kept.store.db, clock: manualClock(), log: silent },
  )
  await withIncidents(kept.store, [OFFICE])
  outbox.wake()
  await vi.waitFor(async () => expect(await states(kept.store)).toEqual(['delivered']), { interval: 2 })
  expect(sent).toHaveLength(1)
  expect(sent[0]?.endpoint.department).toBe('综合科')
  expect(await waitingCounts(kept.store.db)).toEqual([])
})

test('it shows the incident as it is when it goes, not as it was when it was due', async () => {
  await using kept = await openTestStore()
  const [id = ''] = await withIncidents(kept.store, [OFFICE])
  await kept.store.db
    .updateTable('incident')
    .set({ state: JSON.stringify(stayIncident({ id, events: 4711 })) })
    .execute()
  const { channel, sent } = scripted(OFFICE)
  await using _ = await startOutbox({ channels: [channel] }, { db: kept.store.db, clock: manualClock(), log: silent })
  await vi.waitFor(() => expect(sent[0]?.incident.events).toBe(4711), { interval: 2 })
})

test('what fails is tried for ever, what it said is shown, and it is logged once', async () => {
  await using kept = await openTestStore()
  await withIncidents(kept.store, [OFFICE])
  const clock = manualClock()
  const warn = vi.fn<(message: string, fields?: unknown) => void>()
  const failing = Array.from({ length: 30 }, (): Delivery => ({ outcome: 'retry', reason: '451 later' }))
  const { channel, sent } = scripted(OFFICE, failing)
  await using _ = await startOutbox({ channels: [channel] }, { db: kept.store.db, clock, log: { warn } })
  await vi.waitFor(
    async () =>
      expect(await waitingCounts(kept.store.db)).toMatchObject([
        { channel: OFFICE, waiting: 1, refused: 0, oldestAt: 1, lastError: '451 later' },
      ]),
    { interval: 2 },
  )
  await vi.waitFor(
    async () => {
      clock.pass(300_000)
      expect(await states(kept.store)).toEqual(['delivered'])
    },
    { timeout: 4000, interval: 2 },
  )
  expect(new Set(sent.map(({ id }) => id)).size).toBe(1)
  expect(sent).toHaveLength(31)
  expect(await possibleDoubles(kept.store.db)).toBe(0)
  expect(warn.mock.calls.map(([message]) => message)).toEqual([
    'Alerts do not go out, will retry',
    'Alerts go out again',
  ])
})

test('what is refused for good is kept, shown, and never tried again', async () => {
  await using kept = await openTestStore()
  await withIncidents(kept.store, [OFFICE])
  const clock = manualClock()
  const { channel, sent } = scripted(OFFICE, [{ outcome: 'refused', reason: '550 nobody' }])
  await using outbox = await startOutbox({ channels: [channel] }, { db: kept.store.db, clock, log: silent })
  await vi.waitFor(async () => expect(await states(kept.store)).toEqual(['refused']), { interval: 2 })
  clock.pass(600_000)
  outbox.wake()
  expect(await waitingCounts(kept.store.db)).toMatchObject([
    { waiting: 0, refused: 1, oldestAt: null, lastError: '550 nobody' },
  ])
  expect(sent).toHaveLength(1)
})

test('a crash between sending and recording sends the same alert again, and is counted', async () => {
  await using kept = await openTestStore()
  await withIncidents(kept.store, [OFFICE])
  const clock = manualClock()
  const first = scripted(OFFICE, ['hang'])
  const crashed = await startOutbox({ channels: [first.channel] }, { db: kept.store.db, clock, log: silent })
  await vi.waitFor(() => expect(first.sent).toHaveLength(1), { interval: 2 })
  // It dies here: nothing of it is heard again, and another one starts on the same rows.
  const second = scripted(OFFICE)
  await using _ = await startOutbox({ channels: [second.channel] }, { db: kept.store.db, clock, log: silent })
  await until(clock, async () => expect(await states(kept.store)).toEqual(['delivered']))
  expect(second.sent.map(({ id }) => id)).toEqual(first.sent.map(({ id }) => id))
  expect(await possibleDoubles(kept.store.db)).toBe(1)
  const disposing = crashed[Symbol.asyncDispose]()
  await until(clock, () => Promise.race([disposing, Promise.reject(new Error('still there'))]))
  expect(await states(kept.store)).toEqual(['delivered'])
})

test('a channel that hangs is given up in time and delays no other', async () => {
  await using kept = await openTestStore()
  await withIncidents(kept.store, ['stuck', OFFICE], 3)
  const clock = manualClock()
  const stuck = scripted('stuck', ['hang', 'hang', 'hang'])
  const office = scripted(OFFICE)
  await using _ = await startOutbox(
    { channels: [stuck.channel, office.channel] },
    { db: kept.store.db, clock, log: silent },
  )
  await vi.waitFor(() => expect(office.sent).toHaveLength(3), { interval: 2 })
  await until(clock, async () => expect(await states(kept.store)).toEqual(Array.from({ length: 6 }, () => 'delivered')))
  expect(await possibleDoubles(kept.store.db)).toBe(3)
})

test('at most four are in flight', async () => {
  await using kept = await openTestStore()
  await withIncidents(kept.store, [OFFICE], 9)
  const clock = manualClock()
  const { channel, sent } = scripted(
    OFFICE,
    Array.from({ length: 9 }, () => 'hang'),
  )
  await using outbox = await startOutbox({ channels: [channel] }, { db: kept.store.db, clock, log: silent })
  await vi.waitFor(() => expect(sent).toHaveLength(4), { interval: 2 })
  outbox.wake()
  await until(clock, () => expect(sent.length).toBeGreaterThan(4))
  expect(sent.slice(0, 8).map(({ id }) => id)).toEqual([...new Set(sent.slice(0, 8).map(({ id }) => id))])
  await until(clock, async () => expect(await states(kept.store)).not.toContain('waiting'))
})

test('a clock that is set back delays nothing by more than the longest back-off', async () => {
  await using kept = await openTestStore()
  await withIncidents(kept.store, [OFFICE])
  const clock = manualClock()
  const { channel, sent } = scripted(OFFICE, [{ outcome: 'retry', reason: 'later' }])
  await using outbox = await startOutbox({ channels: [channel] }, { db: kept.store.db, clock, log: silent })
  await vi.waitFor(async () => expect((await rows(kept.store))[0]?.last_error).toBe('later'), { interval: 2 })
  clock.setWall(clock.wall() - 86_400_000)
  outbox.wake()
  await vi.waitFor(() => expect(sent).toHaveLength(2), { interval: 2 })
})

test('alerts that waited for mail to be configured go to those who are now, once', async () => {
  await using kept = await openTestStore()
  const ids = await withIncidents(kept.store, ['mail'])
  const clock = manualClock()
  {
    await using _ = await startOutbox({ channels: [] }, { db: kept.store.db, clock, log: silent })
    expect(await waitingCounts(kept.store.db)).toMatchObject([{ channel: 'mail', waiting: 1, lastError: null }])
  }
  const [a, b] = [scripted(OFFICE), scripted('mail/office/b@example.org')]
  {
    await using _ = await startOutbox({ channels: [a.channel, b.channel] }, { db: kept.store.db, clock, log: silent })
    await vi.waitFor(async () => expect(await states(kept.store)).toEqual(['delivered', 'delivered']), { interval: 2 })
  }
  await putAlerts(
    kept.store.db,
    ids.flatMap((id) => alertsFor(undefined, stayIncident({ id }), { channels: ['gone'], at: 2 })),
  )
  await using _ = await startOutbox({ channels: [a.channel] }, { db: kept.store.db, clock, log: silent })
  expect(await states(kept.store)).toEqual(['delivered', 'delivered'])
  expect([a.sent.length, b.sent.length]).toEqual([1, 1])
})

test('an incident that is none any more sends nothing that has not gone out', async () => {
  await using kept = await openTestStore()
  const [id = ''] = await withIncidents(kept.store, [OFFICE])
  await withdrawAlerts(kept.store.db, id)
  expect(await rows(kept.store)).toEqual([])
})

test('back-off grows from a second to five minutes, spread over all of its span', () => {
  expect([1, 2, 5, 50].map((attempts) => backOffMs(attempts, 0))).toEqual([1000, 1000, 1000, 1000])
  expect([1, 2, 5, 50].map((attempts) => backOffMs(attempts, 1))).toEqual([2000, 4000, 32_000, 300_000])
})

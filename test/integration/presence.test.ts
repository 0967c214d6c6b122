/** Who is here is written together: what it costs does not depend on how often somebody says so. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openPresence, type Presence } from '#collector/ingest/presence.ts'
import { openKnownAddresses } from '#collector/ingest/known-addresses.ts'
import { openLive } from '#collector/live.ts'
import { addressesSince } from '#collector/store/agent-addresses.ts'
import { agentById, type AgentRow } from '#collector/store/agents.ts'
import type { Store } from '#collector/store/database.ts'
import type { Tx } from '#collector/store/schema.ts'
import { addEndpoint, openTestStore, type TestStore } from '../support/collector-store.ts'
import { manualClock, type ManualClock } from '../support/manual-clock.ts'
import { eventually } from '../support/eventually.ts'

const greeting = { version: '0.2.0', policy_version: 1, register_version: 2, media_versions: '[3]' }

const journal = { bytes: 0, limitBytes: 9, unreceipted: 0 }

let rig: TestStore
let clock: ManualClock
let presence: Presence
let commits = 0
let failing = false
let changed: number[] = []
let errors: string[] = []
const store: Pick<Store, 'write'> = {
  write: async <T>(run: (tx: Tx) => Promise<T>): Promise<T> => {
    if (failing) throw new Error('database or disk is full')
    commits += 1
    return rig.store.write(run)
  },
}
beforeEach(async () => {
  rig = await openTestStore()
  clock = manualClock()
  ;[commits, failing, changed, errors] = [0, false, [], []]
  const live = openLive()
  live.subscribe(({ type, id }) => type === 'endpoint' && changed.push(Number(id)))
  presence = openPresence({ store, clock, live, log: { error: (sentence) => errors.push(sentence) } })
})
afterEach(async () => {
  failing = false
  await presence[Symbol.asyncDispose]()
  await rig[Symbol.asyncDispose]()
})

const who = (id: number) => ({ agentId: id, endpointId: id })
const row = async (id: number): Promise<AgentRow | undefined> => rig.store.read((tx) => agentById(tx, id))
const pass = async (ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 250) {
    clock.pass(250)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('presence', () => {
  test('heartbeats of many agents, each 10 s for a minute, cost a commit each 15 s; the newest is in the store', async () => {
    for (let n = 1; n <= 9; n++) await addEndpoint(rig.store, n)
    for (let second = 0; second < 60; second += 10) {
      for (let id = 1; id <= 9; id++) presence.beat(who(id), { journal: { ...journal, bytes: second } })
      await pass(10_000)
    }
    await pass(15_000)
    await eventually(async () => expect((await row(9))?.health).toContain('"bytes":50'))
    expect(commits).toBeLessThanOrEqual(6)
    expect((await row(1))?.last_seen_at).toBeGreaterThan(0)
  })

  test('an agent that is not as well as before is told of at once, and not again while it is the same', async () => {
    await addEndpoint(rig.store, 1)
    const since = '2026-01-05T09:00:00.000+08:00'
    const condition = { code: 'usb.no-bus', severity: 'low', since, text: 'no bus', todo: 'none' } as const
    for (const conditions of [[], [condition], [condition], [condition], []]) {
      presence.beat(who(1), { conditions, journal })
      await pass(500)
    }
    await eventually(async () => expect((await row(1))?.health).toBe(JSON.stringify({ conditions: [], journal })))
    expect(changed).toEqual([1, 1, 1])
    expect(commits).toBe(3)
  })

  test('many that greet at once share a transaction, and people are told of each once it is in the store', async () => {
    for (let n = 1; n <= 9; n++) await addEndpoint(rig.store, n)
    for (let id = 1; id <= 9; id++) presence.greeted(who(id), greeting, `192.0.2.${id}`)
    expect(changed).toEqual([])
    await pass(250)
    await eventually(() => expect(changed).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]))
    expect(commits).toBe(1)
    expect(await row(3)).toMatchObject({ ...greeting, connected_since: expect.any(Number) as number })
    const known = openKnownAddresses()
    for (const { agentId, address } of await rig.store.read((tx) => addressesSince(tx, 0, 100)))
      known.greeted(agentId, address)
    expect([known.count('192.0.2.3'), known.count('192.0.2.99')]).toEqual([1, 0])
  })

  test.each([
    ['greets', ['greeted'], true, 1],
    ['greets and leaves', ['greeted', 'left'], false, 1],
    ['leaves and greets again', ['greeted', 'left', 'greeted'], true, 1],
    ['applies what is newer', ['greeted', 'applied'], true, 7],
    ['applies, leaves, and comes with what it has', ['greeted', 'applied', 'left', 'greeted'], true, 1],
  ] as const)('an agent that %s is so in the store, however it was gathered', async (_, acts, isConnected, policy) => {
    await addEndpoint(rig.store, 1)
    await addEndpoint(rig.store, 2)
    for (const id of [1, 2])
      for (const act of acts) {
        if (act === 'greeted') presence.greeted(who(id), greeting, '192.0.2.1')
        if (act === 'left') presence.left(who(id))
        if (act === 'applied') presence.applied(who(id), { kind: 'policy', version: 7 })
        if (id === 2) await presence.flush()
      }
    await presence.flush()
    for (const id of [1, 2]) {
      const stored = await row(id)
      expect([id, stored?.connected_since !== null, stored?.policy_version]).toEqual([id, isConnected, policy])
    }
  })

  test('what the store does not take is kept, and there once it takes it', async () => {
    await addEndpoint(rig.store, 1)
    failing = true
    presence.greeted(who(1), greeting, '192.0.2.1')
    await pass(500)
    expect(errors.length).toBeGreaterThan(0)
    expect((await row(1))?.connected_since).toBeNull()
    failing = false
    await pass(5_500)
    await eventually(async () => expect((await row(1))?.connected_since).not.toBeNull())
  })

  test('ends with all of it in the store', async () => {
    await addEndpoint(rig.store, 1)
    presence.greeted(who(1), greeting, '192.0.2.1')
    presence.beat(who(1), { journal })
    presence.left(who(1))
    await presence[Symbol.asyncDispose]()
    expect(await row(1)).toMatchObject({
      connected_since: null,
      health: JSON.stringify({ conditions: [], journal }),
      last_seen_at: clock.wall(),
    })
  })
})

test('known addresses are as many as agents: each is known where it greeted from last', () => {
  const known = openKnownAddresses()
  for (let agent = 0; agent < 30_000; agent++) known.greeted(agent, `10.0.${agent % 2}.1`)
  expect(known.count('10.0.0.1') + known.count('10.0.1.1')).toBe(20_000)
  known.greeted(29_999, '10.0.0.1')
  expect([known.count('10.0.0.1'), known.count('10.0.1.1')]).toEqual([10_001, 9_999])
})

/** Ingest over real TLS, by an agent that shares no code with the product. */
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { agentByUuid, type AgentRow } from '#collector/store/agents.ts'
import { newestRefusals } from '../support/refusals.ts'
import {
  connectAgent,
  enrolment,
  hello,
  line,
  linkUp,
  newIdentity,
  newLog,
  pinnedRoot,
  post,
  started,
  type Agent,
  type Identity,
  type Log,
} from '../independent/client.ts'
import { receiptTime } from '../independent/evidence.ts'
import { startTestCollector, type TestCollector } from '../support/collector.ts'

let collector: TestCollector
let root = ''
let receiptKey = ''
let open: Agent[] = []

beforeAll(async () => {
  collector = await startTestCollector()
  root = await pinnedRoot(collector.now().agentsUrl, collector.now().caPin)
})
afterEach(async () => {
  for (const agent of open) agent.socket.terminate()
  open = []
})
afterAll(() => collector[Symbol.asyncDispose]())

interface Enrolled extends Identity {
  readonly certificate: string
}

async function enrol(identity = newIdentity()): Promise<Enrolled> {
  const { status, body } = await post(collector.now().agentsUrl, root, enrolment(identity, await collector.token()))
  expect([status, body['detail']]).toEqual([200, undefined])
  const policy = JSON.parse(body['policy']?.split('\n')[1] ?? '{}') as { keys: { receipts: string[] } }
  receiptKey = policy.keys.receipts[0] ?? ''
  return { ...identity, certificate: (body['certificate'] ?? '') + (body['chain'] ?? '') }
}

async function join(
  identity: Enrolled,
  logs: readonly Log[] = [],
): Promise<Agent & { welcome: Record<string, unknown> }> {
  const agent = await connectAgent(collector.now().agentsUrl, { root, ...identity })
  open.push(agent)
  agent.send(hello(logs.map(({ epoch, lines }) => ({ epoch, size: lines.length }))))
  return { ...agent, welcome: (await agent.next('welcome')).header }
}

const events = (epoch: string, from: number): object => ({ type: 'events', epoch, from })
/** Sends and gets the receipt’s note, whose signature is checked. */
async function receipted(agent: Agent, log: Log, from: number, to = log.lines.length): Promise<string> {
  agent.send(events(log.epoch, from), log.body(from, to))
  const { body } = await agent.next('receipt')
  expect(Math.abs(receiptTime(body, receiptKey) - Date.now() / 1000)).toBeLessThan(30)
  return body
}
const sizeIn = (receipt: string): number => Number(receipt.split('\n')[1])

async function stored({ agent }: Identity) {
  const rows = await collector.store.read((tx) =>
    tx
      .selectFrom('entry')
      .innerJoin('log', 'log.id', 'entry.log_id')
      .innerJoin('agent', 'agent.id', 'log.agent_id')
      .select(['epoch', 'idx', 'line', 'state', 'forked', 'reason'])
      .where('agent', '=', agent)
      .orderBy('entry.id')
      .execute(),
  )
  return rows.map(({ line: bytes, ...row }) => ({
    ...row,
    line: bytes === null ? null : Buffer.from(bytes).toString(),
  }))
}
const rowOf = ({ agent }: Identity): Promise<AgentRow | undefined> =>
  collector.store.read((tx) => agentByUuid(tx, agent))
const linesOf = async (identity: Identity): Promise<(string | null)[]> =>
  (await stored(identity)).map((row) => row.line)

describe('ingest', () => {
  test('stores the bytes as they were sent and gives a receipt that proves it', async () => {
    const identity = await enrol()
    const log = newLog(identity, [started(), linkUp(1), linkUp(2)])
    const agent = await join(identity, [log])
    expect(agent.welcome['epochs']).toEqual([{ epoch: log.epoch, size: 0, root: log.rootAt(0) }])
    const receipt = await receipted(agent, log, 0)
    expect(receipt.startsWith(log.body(0).split('\n\n')[1] ?? '?')).toBe(true)
    expect(await linesOf(identity)).toEqual(log.lines)
  })

  test('hands over policy and register after the welcome, and knows what was applied', async () => {
    const identity = await enrol()
    const agent = await join(identity)
    const documents = [await agent.next('document'), await agent.next('document')]
    expect(documents.map(({ header, body }) => [header['kind'], body.split('\n')[0]])).toEqual([
      ['policy', 'shoumi.1/policy'],
      ['register', 'shoumi.1/register'],
    ])
    agent.send({ type: 'applied', kind: 'register', version: documents[1]?.header['version'] })
    await expect
      .poll(() => rowOf(identity))
      .toMatchObject({ register_version: 1, connected_since: expect.any(Number) as number })
  })

  test('resent after a lost receipt, whole or in part, is stored once and receipted again', async () => {
    const identity = await enrol()
    const log = newLog(identity, [started(), linkUp(1), linkUp(2), linkUp(3)])
    const first = await join(identity, [log])
    first.send(events(log.epoch, 0), log.body(0, 3))
    await first.next('receipt')
    first.socket.terminate()
    const again = await join(identity, [log])
    expect(again.welcome['epochs']).toEqual([{ epoch: log.epoch, size: 3, root: log.rootAt(3) }])
    expect(sizeIn(await receipted(again, log, 0, 2))).toBe(3) // the newest, for a resend that ends below it
    expect(sizeIn(await receipted(again, log, 1))).toBe(4)
    expect(await linesOf(identity)).toEqual(log.lines)
  })

  test('goes on after the collector’s restart from what is stored', async () => {
    const identity = await enrol()
    const log = newLog(identity, [started(), ...Array.from({ length: 9 }, (_, i) => linkUp(i))])
    const before = await join(identity, [log])
    await receipted(before, log, 0, 7)
    await collector.restart()
    expect((await before.next('bye')).header).toMatchObject({ reason: 'shutdown' })
    expect(await before.closed).toBe(1000)
    const after = await join(identity, [log])
    expect(after.welcome['epochs']).toEqual([{ epoch: log.epoch, size: 7, root: log.rootAt(7) }])
    expect(sizeIn(await receipted(after, log, 7))).toBe(10)
    expect(await linesOf(identity)).toEqual(log.lines)
  })

  test('serves two agents at once, each in its order', async () => {
    const both = await Promise.all([enrol(), enrol()])
    const sent = await Promise.all(
      both.map(async (identity, n) => {
        const log = newLog(identity, [started(), ...Array.from({ length: 60 }, (_, i) => linkUp(1000 * n + i))])
        const agent = await join(identity, [log])
        for (let from = 0; from < log.lines.length; from += 7)
          expect(sizeIn(await receipted(agent, log, from, Math.min(from + 7, log.lines.length)))).toBeGreaterThan(from)
        return log.lines
      }),
    )
    expect(await Promise.all(both.map(linesOf))).toEqual(sent)
  })

  test('an agent that comes a second time takes over from its first connection', async () => {
    const identity = await enrol()
    const log = newLog(identity, [started(), linkUp(1)])
    const first = await join(identity, [log])
    const second = await join(identity, [log])
    await first.closed
    expect(sizeIn(await receipted(second, log, 0))).toBe(2)
  })

  test.each([
    ['an unknown kind', line('agent.weighed', 1)],
    ['an unknown field', line('agent.stopped', 1, { detail: { reason: 'x', colour: 1 } })],
    ['a wrong shape', line('net.link-up', 1, { subject: { interface: 'eth0' } })],
    ['bytes that are not their own encoding', line('agent.stopped', 1, { detail: { reason: 'x' } }).replace(':', ': ')],
    ['no JSON', 'plain words'],
  ])('quarantines %s, and its agent goes on', async (_, poisoned) => {
    const identity = await enrol()
    const log = newLog(identity, [started(), poisoned, linkUp(2)])
    const agent = await join(identity, [log])
    await receipted(agent, log, 0, 2)
    expect(sizeIn(await receipted(agent, log, 2))).toBe(3)
    const rows = await stored(identity)
    expect(rows.map(({ state }) => state)).toEqual([0, 2, 0])
    expect(rows[1]).toMatchObject({ line: poisoned, reason: expect.stringMatching(/./) })
  })

  const entryOf = (count: number): string[] => [started(), ...Array.from({ length: count }, (_, i) => linkUp(i))]
  const refused: [string, string, (log: Log, identity: Identity) => string][] = [
    [
      'another agent’s checkpoint',
      'identity',
      (log) => log.body(0, 3, { origin: `shoumi.1/${randomUUID()}/${log.epoch}` }),
    ],
    ['another key’s signature', 'signature', (log) => log.body(0, 3, { key: newIdentity().key })],
    ['another root', 'root', (log) => log.body(0, 3, { root: Buffer.alloc(32) })],
    ['another size', 'root', (log) => log.body(0, 3, { size: 4 })],
    ['another beginning', 'start', (log) => log.body(1, 3).replace(/^/, '')],
    ['a line that is too long', 'size', (log) => log.body(0, 3, { entries: [...log.lines, 'x'.repeat(65_537)] })],
    ['too many entries', 'size', (log) => log.body(0, 3, { entries: entryOf(500) })],
    ['a broken tombstone', 'malformed', (log) => log.body(0, 3, { entries: [...log.lines, '["00","gone"]'] })],
    ['no checkpoint', 'malformed', (log) => log.lines.join('\n')],
  ]
  test.each(refused)('refuses %s as %s, keeps it, and stores none of it', async (_, code, body) => {
    const identity = await enrol()
    const log = newLog(identity, entryOf(2))
    const agent = await join(identity, [log])
    const before = await collector.metric(`shoumi_messages_refused_total{code="${code}"}`)
    agent.send(events(log.epoch, 0), body(log, identity))
    expect((await agent.next('bye')).header).toMatchObject({ reason: 'refused', code, epoch: log.epoch, from: 0 })
    await agent.closed
    const [kept] = await collector.store.read((tx) => newestRefusals(tx, 1))
    expect(kept).toMatchObject({ agent: identity.agent, code, epoch: log.epoch, from_idx: 0 })
    expect(Buffer.from(kept?.message ?? []).toString()).toContain('"type":"events"')
    expect(await collector.metric(`shoumi_messages_refused_total{code="${code}"}`)).toBe(before + 1)
    expect(await stored(identity)).toEqual([])
    const again = await join(identity, [log]) // and may do better
    expect(sizeIn(await receipted(again, log, 0))).toBe(3)
  })

  test('answers a gap with the size that it stores', async () => {
    const identity = await enrol()
    const log = newLog(identity, entryOf(5))
    const agent = await join(identity, [log])
    await receipted(agent, log, 0, 2)
    agent.send(events(log.epoch, 4), log.body(4))
    expect((await agent.next('bye')).header).toMatchObject({ code: 'gap', epoch: log.epoch, from: 4, size: 2 })
  })

  test('refuses another leaf at a stored index as a fork, flags the log, and goes on recording', async () => {
    const identity = await enrol()
    const log = newLog(identity, entryOf(3))
    const agent = await join(identity, [log])
    await receipted(agent, log, 0, 3)
    const clone = newLog(identity, log.lines.with(2, linkUp(99)), log.epoch)
    agent.send(events(clone.epoch, 1), clone.body(1))
    expect((await agent.next('bye')).header).toMatchObject({ code: 'fork', index: 2 })
    await expect.poll(async () => (await stored(identity)).map(({ forked }) => forked)).toEqual([1, 1, 1])
    const again = await join(identity, [log])
    expect(sizeIn(await receipted(again, log, 3))).toBe(4)
    expect(await linesOf(identity)).toEqual(log.lines)
  })

  test('of a fork keeps the line that differs and the checkpoint that signed it, whole, of the first; later ones are counted', async () => {
    const identity = await enrol()
    const long = (n: number): string => linkUp(n).replace('"name":"', `"name":"${'x'.repeat(200)}`)
    const lines = [...entryOf(1), ...Array.from({ length: 100 }, (_, n) => long(n))]
    const log = newLog(identity, lines)
    await receipted(await join(identity, [log]), log, 0)
    const other = long(999)
    const clone = newLog(identity, lines.with(95, other), log.epoch)
    expect(Buffer.byteLength(clone.body(0))).toBeGreaterThan(40_000)
    for (let n = 0; n < 3; n++) {
      const agent = await join(identity, [clone])
      agent.send(events(clone.epoch, 0), clone.body(0))
      await agent.closed
    }
    const kept = await collector.store.read((tx) =>
      tx
        .selectFrom('fork')
        .innerJoin('log', 'log.id', 'fork.log_id')
        .selectAll('fork')
        .where('epoch', '=', log.epoch)
        .execute(),
    )
    expect(kept).toMatchObject([{ idx: 95, count: 3 }])
    expect(Buffer.from(kept[0]?.line ?? []).toString()).toBe(other)
    expect(clone.body(0).endsWith(kept[0]?.checkpoint ?? 'none')).toBe(true)
    const told = await collector.store.read((tx) =>
      tx
        .selectFrom('incident')
        .select(['kind', 'state'])
        .where('kind', '=', 'fork')
        .orderBy('number', 'desc')
        .limit(1)
        .execute(),
    )
    expect(told[0]?.state).toContain('"times":3')
  })

  test('stores and flags two logs that name the same predecessor', async () => {
    const identity = await enrol()
    const first = newLog(identity, [started()])
    const previous = { epoch: first.epoch, size: 1, root: first.rootAt(1) }
    const rivals = [newLog(identity, [started(previous)]), newLog(identity, [started(previous)])]
    const agent = await join(identity, [first, ...rivals])
    for (const log of [first, ...rivals]) await receipted(agent, log, 0)
    expect((await stored(identity)).map(({ forked }) => forked)).toEqual([0, 1, 1])
  })

  test.each([
    ['a message without a header', 'nonsense'],
    ['a header of the other side', '{"type":"welcome","epochs":[],"window":1,"time":"2026-01-05T09:00:00.000+08:00"}'],
    ['an unknown type', '{"type":"order"}'],
  ])('refuses %s as malformed', async (_, text) => {
    const agent = await join(await enrol())
    agent.socket.send(text)
    expect((await agent.next('bye')).header).toMatchObject({ reason: 'refused', code: 'malformed' })
  })

  test.each([
    ['a binary message', Buffer.from('{"type":"bye"}'), 'malformed'],
    ['a message over 1 MiB', 'x'.repeat(1024 * 1024 + 1), 'size'],
  ])('%s ends the connection and is kept', async (_, data, code) => {
    const identity = await enrol()
    const agent = await join(identity)
    agent.socket.send(data)
    await agent.closed
    await expect
      .poll(async () => (await collector.store.read((tx) => newestRefusals(tx, 1)))[0])
      .toMatchObject({ agent: identity.agent, code })
  })

  test('knows who is connected, how it is, and since when it is not', async () => {
    const identity = await enrol()
    const agent = await join(identity)
    const clock = { at: '2026-01-05T09:00:00.000+08:00', mono: 1 }
    const condition = { code: 'usb.no-bus', severity: 'low', since: clock.at, text: 'no bus', todo: 'none' }
    agent.send({ type: 'heartbeat', clock, conditions: [condition] })
    const row = () => rowOf(identity)
    await expect.poll(async () => (await row())?.health).toContain('usb.no-bus')
    expect(await row()).toMatchObject({ version: '0', connected_since: expect.any(Number) })
    agent.send({ type: 'bye', reason: 'shutdown' })
    await agent.closed
    await expect.poll(async () => (await row())?.connected_since).toBe(null)
  })
})

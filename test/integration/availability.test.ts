/** Nobody makes another wait: crowds at the door, floods through it, and a store that somebody holds. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { retireAgent, type AgentRow } from '#collector/store/agents.ts'
import { serverLimits } from '#collector/ingest/agents-server.ts'
import { sessionLimits } from '#collector/ingest/sessions.ts'
import { greet, hello, linkUp, newLog, started, type Agent, type Identity, type Log } from '../independent/client.ts'
import { startTestListener, type Enrolled, type TestListener } from '../support/listener.ts'
import { likeBefore, most, timed } from '../support/timing.ts'

let rig: TestListener
const parts: AsyncDisposableStack[] = []
const begin = async (limits?: Parameters<typeof startTestListener>[0]): Promise<AsyncDisposableStack> => {
  const stack = new AsyncDisposableStack()
  parts.push(stack)
  rig = stack.use(await startTestListener(limits))
  return stack
}
beforeEach(() => begin())
afterEach(async () => {
  for (const each of parts.splice(0)) await each.disposeAsync()
})

const beat = { type: 'heartbeat', clock: { at: '2026-01-05T09:00:00.000+08:00', mono: 1 } }
const events = (log: Log, from = 0, to = log.lines.length): [object, string] => [
  { type: 'events', epoch: log.epoch, from },
  log.body(from, to),
]
async function greeted(who: Enrolled): Promise<Agent> {
  const agent = await rig.connect(who)
  await greet(agent, [])
  return agent
}
const logOf = (who: Identity, count: number): Log =>
  newLog(who, [started(), ...Array.from({ length: count }, (_, at) => linkUp(at + 1))])
const rowOf = (agent: string): Promise<AgentRow> =>
  rig.store.read((tx) => tx.selectFrom('agent').selectAll().where('agent', '=', agent).executeTakeFirstOrThrow())

async function silent(from: string, count: number): Promise<Socket[]> {
  const all = Array.from({ length: count }, () =>
    connectTcp({ host: '127.0.0.1', port: rig.listener.port, localAddress: from }).on('error', () => undefined),
  )
  parts.at(-1)?.defer(() => {
    for (const socket of all) socket.destroy()
  })
  await Promise.all(all.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])))
  return all
}

describe('a crowd at the door', () => {
  test('of silent connections from one address gets no more than its share; agents are enrolled and served beside it', async () => {
    const crowd = await silent('127.0.0.2', 1_500)
    await expect.poll(() => rig.refused('too-many-of-address')).toBe(1_500 - 256)
    await expect.poll(() => crowd.filter(({ closed }) => closed).length).toBe(1_500 - 256)
    const who = await rig.enrolled()
    const agent = await greeted(who)
    agent.send(...events(logOf(who, 1)))
    await agent.next('receipt')
  })

  test('of strangers from many addresses leaves room for whoever is known, and is gone within seconds', async () => {
    const connections = { ...serverLimits.connections, most: 400, reserved: 300, crowdedMs: 300, lookEveryMs: 100 }
    await begin({ ...sessionLimits, ...serverLimits, connections })
    const who = await rig.enrolled()
    await (await greeted(who)).leave()
    for (let from = 2; from < 7; from++) await silent(`127.0.0.${from}`, 50)
    await expect.poll(() => rig.refused('too-many')).toBeGreaterThan(0)
    const agent = await greeted(who)
    await expect.poll(() => rig.refused('slow')).toBeGreaterThanOrEqual(50)
    agent.send(...events(logOf(who, 1)))
    await agent.next('receipt')
  })
})

describe('a flood through it', () => {
  test('of heartbeats of one agent costs a few of them a second, and no commits; others get their receipts', async () => {
    const [loud, honest] = [await rig.enrolled(), await rig.enrolled()]
    const flooding = await greeted(loud)
    const agent = await greeted(honest)
    await expect.poll(async () => (await rowOf(honest.agent)).connected_since).not.toBeNull()
    const log = logOf(honest, 80)
    const sendOne = async (at: number): Promise<void> => {
      agent.send(...events(log, at, at + 1))
      await agent.next('receipt')
    }
    const before = await timed(20, sendOne)
    const [commits, burst] = [rig.commits(), JSON.stringify(beat)]
    let sent = 0
    const flood = setInterval(() => {
      for (let nth = 0; nth < 500 && flooding.socket.bufferedAmount < 1_000_000; nth++, sent++)
        flooding.socket.send(burst)
    }, 1)
    parts.at(-1)?.defer(() => clearInterval(flood))
    await expect.poll(() => flooding.socket.bufferedAmount).toBeGreaterThan(900_000)
    const atFirst = sent
    const took = await timed(60, (at) => sendOne(20 + at))
    expect(most(took)).toBeLessThan(likeBefore(before))
    expect(sent - atFirst).toBeLessThan(5_000) // the rest waits in its socket
    expect(rig.commits() - commits).toBeLessThanOrEqual(60 + 8)
    expect(flooding.socket.readyState).toBe(flooding.socket.OPEN)
  })

  test('of greetings of sixty agents at once is a few transactions', async () => {
    const all: Enrolled[] = []
    for (let n = 0; n < 60; n++) all.push(await rig.enrolled())
    const before = rig.commits()
    await Promise.all(all.map((who) => greeted(who)))
    for (const { agent } of all) await expect.poll(async () => (await rowOf(agent)).connected_since).not.toBeNull()
    expect(rig.commits() - before).toBeLessThanOrEqual(20)
  })
})

describe('hello', () => {
  const held = (count: number) => Array.from({ length: count }, () => ({ epoch: randomUUID(), size: 1 }))

  test('comes in pages, each with its welcome; what was said on the first holds', async () => {
    const who = await rig.enrolled()
    const log = logOf(who, 2)
    const first = await greeted(who)
    first.send(...events(log))
    await first.next('receipt')
    await first.leave()
    const agent = await rig.connect(who)
    const epochs = [...held(9), { epoch: log.epoch, size: 3 }, ...held(2)]
    const welcome = await greet(agent, epochs, { perPage: 5, over: { policy: 0, version: '0.2-paged' } })
    expect(welcome.epochs.filter(({ size }) => size > 0)).toEqual([{ epoch: log.epoch, size: 3, root: log.rootAt(3) }])
    await expect.poll(async () => (await rowOf(who.agent)).version).toBe('0.2-paged')
  })

  test('has sixteen pages at most', async () => {
    const agent = await rig.connect(await rig.enrolled())
    for (let page = 0; page < 16; page++) {
      agent.send(hello(held(1), { more: true }))
      await agent.next('welcome')
    }
    agent.send(hello(held(1)))
    expect((await agent.next('bye')).header).toMatchObject({ reason: 'refused', code: 'malformed' })
  })

  test('is over before events begin', async () => {
    const who = await rig.enrolled()
    const agent = await rig.connect(who)
    agent.send(hello(held(1), { more: true }))
    await agent.next('welcome')
    agent.send(...events(logOf(who, 1)))
    expect((await agent.next('bye')).header).toMatchObject({ reason: 'refused', code: 'malformed' })
  })
})

test.each(['suspend', 'uninstall', 'shutdown'])(
  'an agent that says bye for %s is gone, and people see it',
  async (reason) => {
    const who = await rig.enrolled()
    const agent = await greeted(who)
    await expect.poll(async () => (await rowOf(who.agent)).connected_since).not.toBeNull()
    agent.send({ type: 'bye', reason })
    await agent.closed
    await expect.poll(async () => (await rowOf(who.agent)).connected_since).toBeNull()
  },
)

test('an agent that was retired hears it: at once where it is connected, else when it comes', async () => {
  const who = await rig.enrolled()
  const agent = await greeted(who)
  const { id } = await rowOf(who.agent)
  await rig.store.write((tx) => retireAgent(tx, id, Date.now()))
  await rig.listener.pushDocuments()
  expect((await agent.next('bye')).header).toMatchObject({ reason: 'revoked' })
  await agent.closed
  const again = await rig.connect(who)
  expect((await again.next('bye')).header).toMatchObject({ reason: 'revoked' })
  await again.closed
  expect(rig.refused('retired')).toBe(1)
})

test('while another process holds the store everybody is greeted, and nothing is lost: what is to be written comes after', async () => {
  const [who, other] = [await rig.enrolled(), await rig.enrolled()]
  const agent = await greeted(who)
  const greetAndLeave = async (): Promise<void> => (await greeted(other)).leave()
  const before = await timed(10, greetAndLeave)
  const child = spawn(process.execPath, [
    '-e',
    `const { DatabaseSync } = require('node:sqlite'); const d = new DatabaseSync(${JSON.stringify(rig.storeFile)})
     d.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE'); console.log('held'); process.stdin.on('end', () => process.exit()).resume()`,
  ])
  parts.at(-1)?.defer(() => void child.kill())
  await once(child.stdout, 'data')
  let written = 0
  const counted = async (what: Promise<unknown>): Promise<void> => {
    await what
    written += 1
  }
  agent.send(...events(logOf(who, 3)))
  const waiting = [counted(agent.next('receipt')), counted(rig.enrolled())]
  expect(most(await timed(10, greetAndLeave))).toBeLessThan(likeBefore(before))
  expect(written).toBe(0)
  child.stdin.end()
  await Promise.all(waiting)
})

test('a new certificate of the server is shown at the next handshake; who is connected stays', async () => {
  const who = await rig.enrolled()
  const agent = await greeted(who)
  const shown = async (): Promise<string> => {
    const socket = connectTls({
      host: '127.0.0.1',
      port: rig.listener.port,
      servername: 'localhost',
      rejectUnauthorized: false,
    })
    await once(socket, 'secureConnect')
    const { serialNumber } = socket.getPeerCertificate()
    socket.destroy()
    return serialNumber
  }
  const before = await shown()
  rig.listener.useCertificate(await rig.trust.serverCertificate(rig.trust.server.endsAt - 86_400_000))
  expect(await shown()).not.toBe(before)
  agent.send(...events(logOf(who, 1)))
  await agent.next('receipt')
})

/** Peers that speak nonsense cost a counted refusal and nothing else: an honest agent beside them does not notice. */
import { generateKeyPairSync } from 'node:crypto'
import { request } from 'node:https'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#shared/vocabulary/clock.ts'
import type { PeerFault } from '#collector/metrics.ts'
import { makeAgent } from '#collector/trust/authority.ts'
import { initTrust, openTrust, type Trust } from '#collector/trust/trust.ts'
import { connectAgent, hello, newIdentity, newLog, started, type Agent, type Log } from '../independent/client.ts'
import { startTestListener, type Enrolled, type TestListener } from '../support/listener.ts'
import { folderOfTest } from '../support/folder-of-test.ts'

const limits = {
  helloMs: 1_000,
  silenceMs: 2_000,
  heartbeatMs: 200,
  lookEveryMs: 20,
  handshakeMs: 1_000,
  headersMs: 1_000,
  connections: { most: 500, ofAddress: 400, reserved: 0, crowdedMs: 5_000, paced: true, lookEveryMs: 1_000 },
}
const parts = new AsyncDisposableStack()
let rig: TestListener
let url = ''
let root = ''
let honest: Agent
let honestLog: Log

beforeAll(async () => {
  rig = parts.use(await startTestListener(limits))
  ;({ url, root } = rig)
  const identity = await rig.enrolled()
  honest = await rig.connect(identity)
  honest.send(hello([]))
  await honest.next('welcome')
  const beat = setInterval(
    () => honest.send({ type: 'heartbeat', clock: { at: '2026-01-05T09:00:00.000+08:00', mono: 1 } }),
    100,
  )
  parts.defer(() => clearInterval(beat))
  honestLog = newLog(identity, [started()])
})
afterAll(() => parts.disposeAsync())

const count = (reason: PeerFault): number => rig.refused(reason)
const enrolled = (): Promise<Enrolled> => rig.enrolled()
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => undefined)
    socket.resume()
    socket.once('close', () => resolve())
  })
const tcp = (): Socket => connectTcp({ host: '127.0.0.1', port: rig.listener.port })
const tls = (options: ConnectionOptions = {}): Socket =>
  connectTls({ host: '127.0.0.1', port: rig.listener.port, servername: 'localhost', ca: root, ...options })
const upgrade = 'GET /agent/v1 HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n'

describe('a peer', () => {
  const plain = (bytes: string | Buffer) => (): Socket =>
    tcp().on('connect', function (this: Socket) {
      this.write(bytes)
    })
  const inTls = (text: string) => (): Socket =>
    tls().on('secureConnect', function (this: Socket) {
      this.write(text)
    })
  const half = 'POST /enrol HTTP/1.1\r\nContent-Le'
  test.each<[string, PeerFault, () => Socket]>([
    ['without TLS', 'tls', plain('GET / HTTP/1.1\r\n\r\n')],
    ['that says nothing', 'tls', tcp],
    ['that stops in the middle of the handshake', 'tls', plain(Buffer.from('1603010200010001', 'hex'))],
    ['that leaves in the middle of the handshake', 'left', () => plain(Buffer.from('1603010200010001', 'hex'))().end()],
    ['with an older TLS', 'tls', () => tls({ maxVersion: 'TLSv1.2' })],
    ['that sends garbage inside of TLS', 'http', inTls('\0\x01\x02 garbage\r\n\r\n')],
    ['that says nothing inside of TLS', 'http', tls],
    ['that sends half a request', 'http', inTls(half)],
    [
      'that sends half a request and leaves',
      'http',
      () =>
        inTls(half)().on('secureConnect', function (this: Socket) {
          this.end()
        }),
    ],
    ['with endless headers', 'http', inTls(`GET / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)],
    ['without a certificate', 'certificate', inTls(`${upgrade}Sec-WebSocket-Protocol: shoumi.1\r\n\r\n`)],
    ['that upgrades another path', 'path', inTls(`${upgrade.replace('/agent/v1', '/agent/v2')}\r\n`)],
    ['of another subprotocol', 'http', inTls(`${upgrade}Sec-WebSocket-Protocol: shoumi.2\r\n\r\n`)],
  ])('%s is counted as %s and cut off', async (_, reason, begin) => {
    const before = count(reason)
    await closed(begin())
    await expect.poll(() => count(reason)).toBe(before + 1)
  })

  test('that is refused and does not leave is cut off all the same', async () => {
    const hearsTheEndAndStays = { allowHalfOpen: true, host: '127.0.0.1', port: rig.listener.port, ca: root }
    const socket = connectTls({ ...hearsTheEndAndStays, servername: 'localhost' })
    socket.write(`${upgrade}Sec-WebSocket-Protocol: shoumi.1\r\n\r\n`)
    const stays = setInterval(() => socket.write('x'), 50)
    socket.resume().on('error', () => undefined)
    await expect.poll(() => socket.closed).toBe(true)
    clearInterval(stays)
  })

  test('that floods pings is read as fast as one agent may send them', async () => {
    const { certificate: cert, key } = await enrolled()
    const socket = tls({ cert, key: key.export({ type: 'pkcs8', format: 'pem' }) })
    const handshake = 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
    socket.write(`${upgrade}${handshake}Sec-WebSocket-Protocol: shoumi.1\r\n\r\n`)
    const ping = Buffer.from([0x89, 0x80, 0, 0, 0, 0])
    const pings = Buffer.concat(Array.from({ length: 5_000 }, () => ping))
    let sent = 0
    const flood = setInterval(() => {
      if (socket.writableNeedDrain) return
      socket.write(pings)
      sent += 5_000
    }, 1)
    socket.on('error', () => undefined).resume()
    await expect.poll(() => socket.writableNeedDrain).toBe(true)
    const before = sent
    for (let beat = 0; beat < 5; beat++) await honest.next('heartbeat')
    expect(sent - before).toBeLessThanOrEqual(5_000)
    clearInterval(flood)
    await expect.poll(() => count('no-hello')).toBe(1)
    socket.destroy()
  })

  test('with a certificate of another authority, of a server, or of an agent that never enrolled, comes not in', async () => {
    const { privateKey: key, publicKey } = generateKeyPairSync('ed25519')
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const foreignDir = folderOfTest()
    await initTrust(foreignDir, systemClock.wall())
    const foreign = await openTrust(foreignDir, [], systemClock.wall())
    const { agent } = newIdentity()
    const of = async (by: Trust): Promise<string> =>
      (await makeAgent(agent, spki, by.authority, systemClock.wall())) + by.chain
    await expect(connectAgent(url, { root, key, certificate: await of(foreign) })).rejects.toThrow('401')
    await expect(connectAgent(url, { root, key, certificate: await of(rig.trust) })).rejects.toThrow('403')
    expect([count('certificate') > 0, count('unknown-agent')]).toEqual([true, 1])
  })

  test('that asks for another page is told what there is', async () => {
    const before = count('path')
    const status = await new Promise((resolve, reject) => {
      request(`${url}/`, { ca: root, agent: false }, (response) => resolve(response.resume().statusCode))
        .once('error', reject)
        .end()
    })
    expect([status, count('path')]).toEqual([404, before + 1])
  })

  test('that is enrolled and says no hello is cut off', async () => {
    const before = count('no-hello')
    const agent = await connectAgent(url, await enrolled())
    await agent.closed
    expect(count('no-hello')).toBe(before + 1)
  })

  test('that falls silent after its hello is cut off, having heard heartbeats', async () => {
    const agent = await connectAgent(url, await enrolled())
    agent.send(hello([]))
    await agent.next('heartbeat')
    await agent.closed
    expect(count('silence')).toBe(1)
  })
})

test('an honest agent was served all the while', async () => {
  honest.send({ type: 'events', epoch: honestLog.epoch, from: 0 }, honestLog.body(0))
  expect((await honest.next('receipt')).body).toContain(honestLog.epoch)
})

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { boundConnections, type ConnectionLimits, type Peers } from '#collector/connections.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { eventually } from '../../support/eventually.ts'

const parts: AsyncDisposableStack[] = []
afterEach(async () => {
  for (const each of parts.splice(0)) await each.disposeAsync()
})

async function rig(limits: Partial<ConnectionLimits>, peers: Peers = {}) {
  const stack = new AsyncDisposableStack()
  parts.push(stack)
  const clock = manualClock()
  const refused: string[] = []
  const taken: Socket[] = []
  const server = createServer((socket) => taken.push(socket.on('error', () => undefined)))
  const whole = { most: 20, ofAddress: 8, reserved: 10, crowdedMs: 5_000, paced: true, lookEveryMs: 1_000, ...limits }
  const bounded = boundConnections(server, whole, {
    ...peers,
    clock,
    refused: (why, peer) => refused.push(`${peer} ${why}`),
  })
  stack.use(bounded)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const come = async (from: string): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port, localAddress: from })
      .on('error', () => undefined)
      .resume()
    stack.defer(() => void socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  const comeMany = async (from: string, count: number): Promise<Socket[]> => {
    const all: Socket[] = []
    for (let nth = 0; nth < count; nth++) all.push(await come(from))
    return all
  }
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second++) {
      clock.pass(1_000)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { bounded, refused, taken, come, comeMany, pass }
}

describe('connections are bounded', () => {
  test('of one address: what is over is cut and counted, others come in, and who leaves makes room', async () => {
    const { bounded, refused, comeMany, come } = await rig({})
    const crowd = await comeMany('127.0.0.2', 12)
    await eventually(() => expect(refused).toHaveLength(4))
    expect(new Set(refused)).toEqual(new Set(['127.0.0.2 too-many-of-address']))
    await come('127.0.0.3')
    await eventually(() => expect(bounded.open()).toBe(9))
    for (const socket of crowd) socket.destroy()
    await eventually(() => expect(bounded.open()).toBe(1))
    await comeMany('127.0.0.2', 8)
    await eventually(() => expect(bounded.open()).toBe(9))
    expect(refused).toHaveLength(4)
  })

  test('by the agents that are known at the address, twice each; a proxy has no bound of its own', async () => {
    const known = (key: string): number => (key === '127.0.0.2' ? 6 : 0)
    const { bounded, refused, comeMany } = await rig(
      { most: 40, reserved: 0 },
      { known, isProxy: (key) => key === '127.0.0.4' },
    )
    await comeMany('127.0.0.2', 13)
    await comeMany('127.0.0.4', 15)
    await eventually(() => expect(bounded.open()).toBe(27))
    expect(refused).toEqual(['127.0.0.2 too-many-of-address'])
  })

  test('so that strangers never get what is kept for known addresses, however many they are', async () => {
    const { bounded, refused, comeMany } = await rig({}, { known: (key) => (key === '127.0.0.9' ? 5 : 0) })
    for (const from of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) await comeMany(from, 6)
    await eventually(() => expect(refused).toHaveLength(8))
    expect(refused.every((each) => each.endsWith(' too-many'))).toBe(true)
    await comeMany('127.0.0.9', 10)
    await eventually(() => expect(bounded.open()).toBe(20))
  })

  test('who is served is no stranger any more', async () => {
    const { bounded, refused, taken, comeMany } = await rig({ ofAddress: 100 })
    for (let more = 0; more < 3; more++) {
      await comeMany('127.0.0.2', 6)
      await eventually(() => expect(taken).toHaveLength(6 * (more + 1)))
      for (const socket of taken) bounded.served(socket)
    }
    expect([bounded.open(), refused]).toEqual([18, []])
  })

  test('and where all is taken, the oldest that is not served gives way to one that is known', async () => {
    const { bounded, refused, taken, come, comeMany } = await rig(
      { ofAddress: 100 },
      { known: (key) => (key === '127.0.0.9' ? 1 : 0) },
    )
    await comeMany('127.0.0.9', 20)
    await eventually(() => expect(taken).toHaveLength(20))
    for (const socket of taken.slice(1)) bounded.served(socket)
    await come('127.0.0.9')
    await eventually(() => expect(taken).toHaveLength(21))
    expect([refused, taken[0]?.destroyed, bounded.open()]).toEqual([['127.0.0.9 slow'], true, 20])
  })
})

describe('a silent peer', () => {
  test('is cut after 5 s in a crowd, and only then; who is served stays', async () => {
    const { bounded, refused, taken, comeMany, pass } = await rig({ ofAddress: 100, reserved: 0 })
    await comeMany('127.0.0.2', 9)
    await eventually(() => expect(taken).toHaveLength(9))
    await pass(30)
    expect(refused).toEqual([])
    const [first] = taken
    if (first !== undefined) bounded.served(first)
    await comeMany('127.0.0.3', 1)
    await eventually(() => expect(taken).toHaveLength(10))
    await pass(5)
    expect(refused).toHaveLength(8)
    await pass(1)
    expect(refused).toHaveLength(8) // no crowd any more
    expect(first?.destroyed).toBe(false)
  })
})

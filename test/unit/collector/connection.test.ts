import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { openConnection, smallLimits } from '#collector/ingest/connection.ts'
import { openRate } from '#collector/rate.ts'
import fc from 'fast-check'
import { manualClock } from '../../support/manual-clock.ts'

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A socket whose other end always has more to say: while it is read, what `say` makes comes. */
function floodingSocket(say: (socket: WebSocket) => void) {
  const socket = Object.create(WebSocket.prototype) as WebSocket
  const state = { paused: true, buffered: 0, pongs: [] as string[], terminated: false }
  EventEmitter.call(socket)
  Object.defineProperties(socket, {
    isPaused: { get: () => state.paused },
    readyState: { value: WebSocket.OPEN },
    bufferedAmount: { get: () => state.buffered },
    pause: { value: () => (state.paused = true) },
    resume: { value: () => (state.paused = false) },
    pong: { value: (data: Buffer) => state.pongs.push(data.toString()) },
    send: { value: () => undefined },
    terminate: {
      value: () => {
        state.terminated = true
        socket.emit('close')
      },
    },
  })
  const read = async (reads: number): Promise<void> => {
    for (let nth = 0; nth < reads; nth++) {
      if (!state.paused) say(socket)
      await settled()
    }
  }
  return { socket, state, read }
}

describe('a connection', () => {
  test('reads a flood of small messages as fast as one agent may send them; nothing is dropped, the rest waits', async () => {
    const clock = manualClock()
    let said = 0
    const { socket, read } = floodingSocket(
      (each) => void each.emit('message', Buffer.from(String((said += 1))), false),
    )
    const connection = openConnection(socket, { peer: 'pc', clock, unread: () => undefined })
    const heard: string[] = []
    const serving = (async () => {
      for await (const { bytes } of connection.messages) {
        heard.push(String(bytes))
        connection.spend()
      }
    })()
    await read(2_000)
    expect(heard).toHaveLength(smallLimits.burst + 1)
    clock.pass(1_000)
    await read(2_000)
    expect(heard.length).toBeGreaterThanOrEqual(smallLimits.burst + smallLimits.perSecond)
    expect(heard.length).toBeLessThanOrEqual(smallLimits.burst + smallLimits.perSecond + 2)
    expect(heard).toEqual(Array.from({ length: heard.length }, (_, at) => String(at + 1)))
    connection.terminate()
    await serving
  })

  test('answers the newest of the pings that came at once, and reads no more of a flood of them for a while', async () => {
    const clock = manualClock()
    let said = 0
    const { socket, state, read } = floodingSocket((each) => {
      for (let nth = 0; nth < 10_000; nth++) each.emit('ping', Buffer.from(String((said += 1))))
    })
    const connection = openConnection(socket, { peer: 'pc', clock, unread: () => undefined })
    const serving = (async () => {
      for await (const _ of connection.messages) connection.spend()
    })()
    await read(50)
    expect([said, state.pongs]).toEqual([10_000, ['10000']])
    clock.pass(60_000)
    await read(50)
    expect([said, state.pongs]).toEqual([20_000, ['10000', '20000']])
    connection.terminate()
    await serving
  })

  test('of a peer that does not read what it is sent is cut and counted', async () => {
    const unread: string[] = []
    const { socket, state } = floodingSocket(() => undefined)
    const connection = openConnection(socket, { peer: 'pc', clock: manualClock(), unread: () => unread.push('pc') })
    expect(connection.send({ type: 'receipt' }, 'x')).toBe(true)
    state.buffered = 5 * 1024 * 1024
    expect(connection.send({ type: 'receipt' }, 'x')).toBe(false)
    await connection.closed
    expect([unread, state.terminated]).toEqual([['pc'], true])
  })
})

test('a rate: whatever came when, what is let through never exceeds it, and nobody waits longer than for one burst', () => {
  const step = fc.record({ after: fc.integer({ min: 0, max: 3_000 }), count: fc.integer({ min: 0, max: 40 }) })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 30 }),
      (steps, perSecond, burst) => {
        const clock = manualClock()
        const rate = openRate({ perSecond, burst }, clock)
        let [through, passed] = [0, 0]
        for (const { after, count } of steps) {
          clock.pass(after)
          passed += after
          for (let nth = 0; nth < count; nth++) {
            if (rate.owedMs() > 0) break
            rate.spend()
            through += 1
          }
          expect(rate.owedMs()).toBeLessThanOrEqual(Math.ceil((burst / perSecond) * 1000))
        }
        expect(through).toBeLessThanOrEqual(burst + 1 + (passed / 1000) * perSecond)
      },
    ),
  )
})

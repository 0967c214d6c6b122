import { beforeEach, describe, expect, test } from 'vitest'
import { followRoutes, type FollowRoutes } from '#agent/platform/linux/follow-routes.ts'
import type { Received } from '#agent/platform/linux/libc.ts'
import type { LinkSignal } from '#agent/platform/links.ts'
import { attribute, ifaddr, ifinfo, message, u32 } from '../../../support/netlink-bytes.ts'
import { manualClock, type ManualClock } from '../../../support/manual-clock.ts'
import { eventually } from '../../../support/eventually.ts'

const [NEWLINK, NEWADDR, DELADDR, DONE, ERROR] = [16, 20, 21, 3, 2]
const [MULTI, INTERRUPTED] = [2, 0x10]
const address = (last: number) => [ifaddr(2, 24, 2), attribute(1, Buffer.from([10, 0, 0, last]))] as const
const link = [ifinfo(2, 0x10001), attribute(3, Buffer.from('v0\0'))] as const

describe('the conversation with route netlink', () => {
  let [told, asked, lost]: [LinkSignal[], number[], number] = [[], [], 0]
  let queue: Received[] = []
  let clock: ManualClock = manualClock()
  let follow: FollowRoutes

  beforeEach(() => {
    ;[told, asked, lost, queue, clock] = [[], [], 0, [], manualClock()]
    const socket = {
      fd: 9,
      receive: (): Received => queue.shift() ?? { outcome: 'empty' },
      send: (bytes: Buffer) => void asked.push(bytes.readUInt32LE(8)),
      close: () => {},
    }
    const listener = { hear: (signal: LinkSignal) => told.push(signal), lost: () => lost++, cover: () => {} }
    const cards = { cardOf: () => '0c'.repeat(16), forget: () => {} }
    follow = followRoutes(socket, listener, { cards, clock }, new AbortController().signal)
    follow.dump('present')
  })

  const hear = (...messages: (Buffer | 'lost')[]): void => {
    queue = messages.map((each) => (each === 'lost' ? { outcome: 'lost' } : { outcome: 'message', bytes: each }))
    follow.read()
  }
  const answer = (...parts: Buffer[]): void => hear(...parts, message(DONE, MULTI, asked.at(-1) ?? 0, u32(0)))
  const part = (type: number, ...body: Buffer[]): Buffer => message(type, MULTI, asked.at(-1) ?? 0, ...body)
  /** Links, addresses, then the routes of both families. */
  const answerAll = (): void => {
    answer(part(NEWLINK, ...link))
    for (let i = 0; i < 3; i++) answer()
  }

  test('news that come before all is known are told with it, not before it', () => {
    answer(part(NEWLINK, ...link))
    hear(message(NEWADDR, 0, 0, ...address(2)))
    expect(told).toEqual([])
    for (let i = 0; i < 3; i++) answer()
    expect(told).toMatchObject([
      {
        type: 'state',
        found: 'present',
        state: { links: [{ up: true }], addresses: [] },
        meanwhile: [{ type: 'address', change: 'added' }],
      },
    ])
  })

  test('after news all is asked for again, but not at once again', async () => {
    answerAll()
    clock.pass(1_000)
    hear(message(NEWADDR, 0, 0, ...address(2)))
    expect(told.at(-1)).toMatchObject({ type: 'address' })
    expect(asked).toHaveLength(5)
    answerAll()
    expect(told.at(-1)).toMatchObject({ type: 'state', found: 'live' })
    hear(message(DELADDR, 0, 0, ...address(2)))
    expect(asked).toHaveLength(8)
    clock.pass(250)
    await eventually(() => expect(asked).toHaveLength(9))
  })

  test('a dump that the kernel says is inconsistent is not told but read again', async () => {
    hear(message(DONE, MULTI | INTERRUPTED, asked.at(-1) ?? 0, u32(0)))
    for (let i = 0; i < 3; i++) answer()
    expect(told).toEqual([])
    clock.pass(250)
    await eventually(() => expect(asked).toHaveLength(5))
    answerAll()
    expect(told).toMatchObject([{ found: 'present' }])
  })

  test('a loss is one gap until all is known again, and what was asked then counts for nothing', async () => {
    answerAll()
    clock.pass(1_000)
    hear('lost')
    answer()
    hear('lost')
    for (let i = 0; i < 3; i++) answer()
    expect([lost, told.length]).toEqual([1, 1])
    clock.pass(250)
    await eventually(() => expect(asked).toHaveLength(9))
    answerAll()
    expect(told.at(-1)).toMatchObject({ found: 'reconciled' })
    hear('lost')
    expect(lost).toBe(2)
  })

  test('a kernel without IPv6 has no such routes; any other refusal is a failure', () => {
    for (let i = 0; i < 3; i++) answer()
    const refused = (errno: number): Buffer => {
      const code = Buffer.alloc(4)
      code.writeInt32LE(-errno)
      return message(ERROR, 0, asked.at(-1) ?? 0, code)
    }
    hear(refused(95))
    expect(told).toHaveLength(1)
    follow.dump('reconciled')
    expect(() => hear(refused(1))).toThrow('errno 1')
  })
})

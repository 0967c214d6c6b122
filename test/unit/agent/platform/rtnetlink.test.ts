import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseRouteMessages } from '#agent/platform/linux/rtnetlink.ts'
import { attribute, ifaddr, ifinfo, message, nextHop, rtmsg, u32 } from '../../../support/netlink-bytes.ts'

const [NEWLINK, DELLINK, NEWADDR, NEWROUTE, DELROUTE] = [16, 17, 20, 24, 25]
const [UP, LOOPBACK, LOWER_UP] = [0x1, 0x8, 0x10000]
const name = (text: string): Buffer => attribute(3, Buffer.from(`${text}\0`))
const ip4 = (...bytes: number[]): Buffer => Buffer.from(bytes)
const ip6 = (hex: string): Buffer => Buffer.from(hex, 'hex')
const card = '0c'.repeat(16)
const read = (bytes: Buffer) => [...parseRouteMessages(bytes, () => card)]
const gateway = attribute(5, ip4(10, 0, 0, 1))
const out = (index: number): Buffer => attribute(4, u32(index))
const v4 = (index: number, more: object = {}) => ({
  index,
  route: { family: 'ipv4', destination: '0.0.0.0/0', gateway: '10.0.0.1', table: 254, protocol: 'boot', ...more },
})

describe('links', () => {
  test.for([
    ['up with a carrier', ifinfo(2, UP | LOWER_UP), [], { up: true, type: 'ethernet' }],
    ['up without a carrier', ifinfo(2, UP), [], { up: false, type: 'ethernet' }],
    ['down, the cable in', ifinfo(2, LOWER_UP), [], { up: false, type: 'ethernet' }],
    [
      'a bridge by its kind',
      ifinfo(2, UP),
      [attribute(18, attribute(1, Buffer.from('bridge\0')))],
      { up: false, type: 'bridge' },
    ],
    [
      'wireguard by its kind',
      ifinfo(2, UP, 0xfffe),
      [attribute(18, attribute(1, Buffer.from('wireguard\0')))],
      { up: false, type: 'tunnel' },
    ],
    [
      'a veth is as good as a cable',
      ifinfo(2, UP),
      [attribute(18, attribute(1, Buffer.from('veth\0')))],
      { up: false, type: 'ethernet' },
    ],
    ['ppp', ifinfo(2, UP, 512), [], { up: false, type: 'ppp' }],
  ] as [string, Buffer, Buffer[], { up: boolean; type: string }][])('%s', ([, head, more, { up, type }]) => {
    expect(read(message(NEWLINK, 0, 0, head, name('x0'), ...more))).toEqual([
      {
        sequence: 0,
        part: false,
        type: 'link',
        change: 'added',
        seen: { link: { index: 2, name: 'x0', type, card }, up },
      },
    ])
  })

  test('a hardware address', () => {
    const [heard] = read(
      message(DELLINK, 0, 0, ifinfo(2, 0), name('x0'), attribute(1, Buffer.from('0242ac110002', 'hex'))),
    )
    expect(heard).toMatchObject({ change: 'removed', seen: { link: { mac: '02:42:ac:11:00:02' } } })
  })

  test('its hardware is named by its number, its name and the permanent address', () => {
    const asked: object[] = []
    const bytes = message(NEWLINK, 0, 0, ifinfo(2, UP), name('x0'), attribute(54, Buffer.from('0242ac110003', 'hex')))
    expect([...parseRouteMessages(bytes, (about) => (asked.push(about), card))]).toHaveLength(1)
    expect(asked).toEqual([{ index: 2, name: 'x0', permanent: '02:42:ac:11:00:03' }])
  })

  test('loopback, and a bridge speaking of its port, are none', () => {
    const port = Buffer.from(ifinfo(3, UP))
    port[0] = 7 // AF_BRIDGE
    expect(
      read(
        Buffer.concat([
          message(NEWLINK, 0, 0, ifinfo(1, UP | LOOPBACK), name('lo')),
          message(NEWLINK, 0, 0, port, name('p')),
        ]),
      ),
    ).toEqual([])
  })
})

describe('addresses', () => {
  test.for([
    ['10.1.2.3', 2, 24, [attribute(1, ip4(10, 1, 2, 3))]],
    ['10.1.2.3', 2, 32, [attribute(1, ip4(10, 9, 9, 9)), attribute(2, ip4(10, 1, 2, 3))]], // the near end of a tunnel
    ['fd09::2', 10, 64, [attribute(1, ip6('fd090000000000000000000000000002'))]],
    [undefined, 2, 16, [attribute(1, ip4(169, 254, 1, 1))]],
    [undefined, 2, 8, [attribute(1, ip4(127, 0, 0, 1))]],
    [undefined, 10, 64, [attribute(1, ip6('fe800000000000000000000000000001'))]],
    [undefined, 10, 64, [attribute(1, ip4(10, 1, 2, 3))]],
    [undefined, 7, 24, [attribute(1, ip4(10, 1, 2, 3))]],
  ] as [string | undefined, number, number, Buffer[]][])('%s of family %i', ([address, family, prefix, attributes]) => {
    const heard = read(message(NEWADDR, 0, 0, ifaddr(family, prefix, 5), ...attributes))
    const seen = { index: 5, address: { family: family === 2 ? 'ipv4' : 'ipv6', address, prefix } }
    expect(heard).toEqual(
      address === undefined ? [] : [{ sequence: 0, part: false, type: 'address', change: 'added', seen }],
    )
  })
})

describe('default routes of the main table', () => {
  test.for([
    ['one', [rtmsg(2), gateway, out(3)], [v4(3)]],
    ['with a metric', [rtmsg(2), gateway, out(3), attribute(6, u32(100))], [v4(3, { metric: 100 })]],
    [
      'each next hop',
      [rtmsg(2), attribute(9, Buffer.concat([nextHop(3, gateway), nextHop(4, gateway)]))],
      [v4(3), v4(4)],
    ],
    [
      'a gateway of the other family',
      [rtmsg(2), attribute(18, Buffer.concat([Buffer.from([10, 0]), ip6('fd090000000000000000000000000001')])), out(3)],
      [v4(3, { gateway: 'fd09::1' })],
    ],
    ['of a maker that has a word', [rtmsg(2, { protocol: 16 }), gateway, out(3)], [v4(3, { protocol: 'dhcp' })]],
    ['of one that has none', [rtmsg(2, { protocol: 77 }), gateway, out(3)], [v4(3, { protocol: '77' })]],
    [
      'for some source addresses',
      [rtmsg(2, { sourceLength: 24 }), attribute(2, ip4(10, 1, 0, 0)), gateway, out(3)],
      [v4(3, { source: '10.1.0.0/24' })],
    ],
    ['a table told in its attribute', [rtmsg(2, { table: 252 }), attribute(15, u32(254)), gateway, out(3)], [v4(3)]],
    ['not another table', [rtmsg(2, { table: 252 }), attribute(15, u32(1000)), gateway, out(3)], []],
    ['not a route to a network', [rtmsg(2, { length: 24 }), gateway, out(3)], []],
    ['not an unreachable one', [rtmsg(10, { type: 7 }), out(1)], []],
  ] as [string, Buffer[], unknown[]][])('%s', ([, body, routes]) => {
    const [change, displaces] = ['added', false]
    expect(read(message(NEWROUTE, 0, 0, ...body))).toEqual(
      routes.map((seen) => ({ sequence: 0, part: false, type: 'route', change, displaces, seen })),
    )
  })

  test('a replacing one says so, once for all its hops; a removed one never', () => {
    const hops = [rtmsg(2), attribute(9, Buffer.concat([nextHop(3, gateway), nextHop(4, gateway)]))]
    expect(read(message(NEWROUTE, 0x100, 0, ...hops)).map((m) => 'displaces' in m && m.displaces)).toEqual([
      true,
      false,
    ])
    expect(read(message(DELROUTE, 0x100, 0, ...hops)).map((m) => 'displaces' in m && m.displaces)).toEqual([
      false,
      false,
    ])
  })
})

test('parts of a dump, its end and a refusal carry the number of the question', () => {
  const bytes = Buffer.concat([
    message(NEWLINK, 2, 9, ifinfo(2, UP), name('x')),
    message(3, 2 | 0x10, 9, u32(0)),
    message(2, 0, 9, Buffer.from([0xf0, 0xff, 0xff, 0xff])),
  ])
  expect(read(bytes)).toMatchObject([
    { type: 'link', part: true, sequence: 9 },
    { type: 'done', sequence: 9, interrupted: true },
    { type: 'error', sequence: 9, errno: 16 },
  ])
})

test('bytes of any kind never throw, and give nothing that an event could not carry', () => {
  const good = Buffer.concat([
    message(NEWLINK, 2, 9, ifinfo(2, UP), name('x'), attribute(1, Buffer.alloc(6, 1))),
    message(NEWADDR, 0, 0, ifaddr(10, 64, 5), attribute(1, ip6('fd090000000000000000000000000002'))),
    message(NEWROUTE, 0, 0, rtmsg(2), attribute(9, nextHop(3, gateway)), gateway, out(3)),
  ])
  const damaged = fc
    .array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 8 })
    .chain((changes) =>
      fc.nat(good.length).map((end) => {
        const bytes = Buffer.from(good)
        for (const [at, value] of changes) bytes[at] = value
        return bytes.subarray(0, end)
      }),
    )
  fc.assert(
    fc.property(
      fc.oneof(
        damaged,
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      ),
      (bytes) => {
        const heard = read(bytes)
        expect(heard.filter((each) => each.type === 'address' && each.seen.address.prefix > 128)).toEqual([])
        expect(heard.filter((each) => each.type === 'link' && each.seen.link.name.length > 256)).toEqual([])
      },
    ),
    { numRuns: 2_000 },
  )
})

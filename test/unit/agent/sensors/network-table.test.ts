import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { LinkDelta, LinkSignal, LinkState, SeenAddress, SeenLink, SeenRoute } from '#agent/platform/links.ts'
import { emptyLinks, presentLinks, stepLinks, type LinkChange, type LinkTable } from '#agent/sensors/network/table.ts'

const link = (index: number, up = true): SeenLink => ({
  link: { index, name: `eth${index}`, type: 'ethernet', card: String(index).padStart(32, '0') },
  up,
})
const address = (index: number, text = '10.0.0.2'): SeenAddress => ({
  index,
  address: { family: 'ipv4', address: text, prefix: 24 },
})
const route = (index: number, gateway = '10.0.0.1', more: Partial<SeenRoute['route']> = {}): SeenRoute => ({
  index,
  route: { family: 'ipv4', destination: '0.0.0.0/0', gateway, table: 254, ...more },
})
const whole = (state: Partial<LinkState>, meanwhile: LinkDelta[] = []): LinkSignal => ({
  type: 'state',
  found: 'live',
  state: { links: [], addresses: [], routes: [], ...state },
  meanwhile,
})
const after = (...signals: LinkSignal[]): LinkTable =>
  signals.reduce((table, signal) => stepLinks(table, signal)[0], emptyLinks)
const words = (changes: readonly LinkChange[]): string[] =>
  changes.map((change) => {
    const about =
      change.type === 'address'
        ? [change.address.address]
        : change.type === 'route'
          ? [change.route.gateway, ...(change.route.metric === undefined ? [] : [change.route.metric])]
          : []
    return [change.link.name, change.type, ...about, change.change].join(' ')
  })
const one = whole({ links: [link(1)], addresses: [address(1)], routes: [route(1)] })
const all = ['eth1 link up', 'eth1 address 10.0.0.2 added', 'eth1 route 10.0.0.1 added']
const gone = (state: string): string[] => [
  'eth1 route 10.0.0.1 removed',
  'eth1 address 10.0.0.2 removed',
  `eth1 link ${state}`,
]

describe('one step of the table of links', () => {
  test.for([
    ['the link comes first', [], one, all],
    [
      'what is on a link that goes is removed before it',
      [one],
      { type: 'link', change: 'removed', seen: link(1) },
      gone('gone'),
    ],
    ['and on one that goes down', [one], { type: 'link', change: 'added', seen: link(1, false) }, gone('down')],
    [
      'and is told again when it is up',
      [one, { type: 'link', change: 'added', seen: link(1, false) }],
      { type: 'link', change: 'added', seen: link(1) },
      all,
    ],
    [
      'an address on a link that is down says nothing',
      [whole({ links: [link(1, false)] })],
      { type: 'address', change: 'added', seen: address(1) },
      [],
    ],
    [
      'one that was down goes',
      [whole({ links: [link(1, false)] })],
      { type: 'link', change: 'removed', seen: link(1) },
      ['eth1 link gone'],
    ],
    [
      'a new name is no new link',
      [one],
      { type: 'link', change: 'added', seen: { link: { ...link(1).link, name: 'enx0' }, up: true } },
      [],
    ],
    ['the same announced twice', [one], { type: 'address', change: 'added', seen: address(1) }, []],
    [
      'a route displaces those of its metric',
      [one],
      { type: 'route', change: 'added', displaces: true, seen: route(1, '10.0.0.9') },
      ['eth1 route 10.0.0.1 removed', 'eth1 route 10.0.0.9 added'],
    ],
    [
      'but not another metric',
      [one],
      { type: 'route', change: 'added', displaces: true, seen: route(1, '10.0.0.9', { metric: 100 }) },
      ['eth1 route 10.0.0.9 100 added'],
    ],
    [
      'the same way twice, by two metrics, is two routes',
      [one, { type: 'route', change: 'added', displaces: false, seen: route(1, '10.0.0.1', { metric: 20_100 }) }],
      { type: 'route', change: 'removed', displaces: false, seen: route(1) },
      ['eth1 route 10.0.0.1 removed'],
    ],
    [
      'and a dump without one of them ends that one',
      [one, { type: 'route', change: 'added', displaces: false, seen: route(1, '10.0.0.1', { metric: 20_100 }) }],
      whole({ links: [link(1)], addresses: [address(1)], routes: [route(1)] }),
      ['eth1 route 10.0.0.1 20100 removed'],
    ],
    [
      'who made it, and whom it is for, are parts of it',
      [one],
      whole({
        links: [link(1)],
        addresses: [address(1)],
        routes: [route(1), route(1, '10.0.0.1', { protocol: 'dhcp' }), route(1, '10.0.0.1', { source: '10.0.0.2/32' })],
      }),
      ['eth1 route 10.0.0.1 added', 'eth1 route 10.0.0.1 added'],
    ],
    [
      'what was announced during a dump outweighs it',
      [one],
      whole({ links: [link(1)], routes: [route(1)] }, [{ type: 'address', change: 'added', seen: address(1) }]),
      [],
    ],
  ] as [string, LinkSignal[], LinkSignal, string[]][])('%s', ([, before, signal, told]) => {
    expect(words(stepLinks(after(...before), signal)[1])).toEqual(told)
  })
})

const seen = fc.oneof(
  fc.record({
    type: fc.constant('link' as const),
    change: fc.constantFrom('added' as const, 'removed' as const),
    seen: fc
      .record({ index: fc.integer({ min: 1, max: 3 }), up: fc.boolean() })
      .map(({ index, up }) => link(index, up)),
  }),
  fc.record({
    type: fc.constant('address' as const),
    change: fc.constantFrom('added' as const, 'removed' as const),
    seen: fc
      .record({ index: fc.integer({ min: 1, max: 3 }), n: fc.integer({ min: 2, max: 4 }) })
      .map(({ index, n }) => address(index, `10.0.0.${n}`)),
  }),
  fc.record({
    type: fc.constant('route' as const),
    change: fc.constantFrom('added' as const, 'removed' as const),
    displaces: fc.boolean(),
    seen: fc
      .record({
        index: fc.integer({ min: 1, max: 3 }),
        n: fc.integer({ min: 1, max: 2 }),
        metric: fc.constantFrom(undefined, 100, 20_100),
      })
      .map(({ index, n, metric }) => route(index, `10.0.0.${n}`, metric === undefined ? {} : { metric })),
  }),
)

test('whatever news are lost or doubled, a dump makes it true, and nothing is told twice', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(seen, fc.integer({ min: 0, max: 2 })), { maxLength: 40 }), (news) => {
      let world = emptyLinks
      let table = emptyLinks
      const told: string[] = []
      const hear = (signal: LinkSignal): void => {
        const [next, changes] = stepLinks(table, signal)
        table = next
        told.push(...words(changes))
      }
      for (const [delta, times] of news) {
        world = stepLinks(world, delta)[0]
        for (let i = 0; i < times; i++) hear(delta)
      }
      const entries = [...world.values()]
      hear(
        whole({
          links: entries.flatMap((entry) => entry.seen ?? []),
          addresses: entries.flatMap((entry) => [...entry.addresses.values()]),
          routes: entries.flatMap((entry) => [...entry.routes.values()]),
        }),
      )
      expect(replay(told)).toEqual(words(presentLinks(world)).toSorted())
    }),
    { numRuns: 500 },
  )
})

/** Who believes only the changes, and stumbles over one that cannot be. */
function replay(told: readonly string[]): string[] {
  const believed = new Set<string>()
  for (const text of told) {
    const what = text.replace(/removed$/, 'added').replace(/ (down|gone)$/, ' up')
    const [name, sort] = text.split(' ')
    const onIt = [...believed].filter((each) => each.startsWith(`${name} `) && !each.includes(' link '))
    const fits = text.endsWith(' gone') || believed.has(what) !== (what === text)
    if (!fits || (sort === 'link' ? onIt.length > 0 : !believed.has(`${name} link up`)))
      throw new Error(`cannot be: ${text}`)
    if (what === text) believed.add(what)
    else believed.delete(what)
  }
  return [...believed].toSorted()
}

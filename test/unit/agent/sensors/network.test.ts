import { describe, expect, test } from 'vitest'
import type { LinkListener, LinkSource, LinkState, SeenRoute } from '#agent/platform/links.ts'
import { openLinksOn } from '#agent/sensors/network/links-on.ts'
import { networkSensor } from '#agent/sensors/network/network.ts'
import type { Fact } from '#agent/sensors/sensor.ts'
import { lineOf } from '../../../support/event-of.ts'
import { manualClock, type ManualClock } from '../../../support/manual-clock.ts'

const boot = '00000000-0000-4000-8000-000000000000'
const link = (index: number, up = true, card = index) => ({
  link: { index, name: `eth${index}`, type: 'ethernet', card: String(card).padStart(32, '0') },
  up,
})
const address = (index: number, text = '10.0.0.2') => ({
  index,
  address: { family: 'ipv4' as const, address: text, prefix: 24 },
})
const route = (index: number, metric: number): SeenRoute => ({
  index,
  route: { family: 'ipv4', destination: '0.0.0.0/0', gateway: '10.0.0.1', table: 254, metric },
})
const state = (more: Partial<LinkState> = {}): LinkState => ({ links: [], addresses: [], routes: [], ...more })

type Looking = { hear: LinkListener['hear']; clock: ManualClock }
/** One life of the sensor that shares its memory with those before it. */
async function life(
  memory: Map<string, string>,
  { mono = 1_000, ofBoot = boot }: { mono?: number; ofBoot?: string },
  happens: (looking: Looking) => void,
): Promise<Fact[]> {
  const clock = manualClock(0, mono)
  let listening: LinkListener | undefined
  const source: LinkSource = {
    watch: (listener, signal) => {
      listening = listener
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    },
  }
  const kept = {
    keep: (name: string, value: string) => void memory.set(name, value),
    kept: (name: string) => memory.get(name),
  }
  const facts: Fact[] = []
  const stop = new AbortController()
  const context = {
    observe: (fact: Fact) => facts.push(fact) > 0,
    drained: () => Promise.resolve(),
    cover: () => undefined,
    momentAt: (at: number) => ({ mono: at, boot }),
    onJudgeAnew: () => undefined,
    clock,
  }
  const running = networkSensor(source, openLinksOn(ofBoot, { memory: kept, clock })).run(context, stop.signal)
  happens({ hear: (signal) => listening?.hear(signal), clock })
  stop.abort()
  await running
  expect(facts.every((fact) => lineOf(fact) !== undefined)).toBe(true)
  return facts
}
const words = (facts: readonly Fact[]): string[] =>
  facts.map(({ kind, found, subject, detail }) => {
    const about = subject.address?.address ?? subject.route?.metric
    const span = 'between' in detail && detail.between
    const spanned = span ? `${span.after.mono}-${span.before.mono}` : undefined
    const change = 'change' in detail ? detail.change : 'gone' in detail && detail.gone ? 'gone' : undefined
    return [kind, subject.interface?.name, about, change, found, spanned].filter((part) => part !== undefined).join(' ')
  })
const all = state({
  links: [link(1), link(2)],
  addresses: [address(1), address(2), address(2, '10.0.0.3')],
  routes: [route(1, 100), route(1, 200)],
})

describe('what ended while nobody looked', () => {
  test('is told by the next life that does not find it, with its span, before what is present', async () => {
    const memory = new Map<string, string>()
    await life(memory, {}, ({ hear, clock }) => {
      hear({ type: 'state', found: 'present', state: all, meanwhile: [] })
      clock.pass(500)
    })
    const left = state({ links: [link(1)], addresses: [address(1)], routes: [route(1, 100)] })
    const next = await life(memory, { mono: 9_000 }, ({ hear }) =>
      hear({ type: 'state', found: 'present', state: left, meanwhile: [] }),
    )
    expect(words(next)).toEqual([
      'net.route-changed eth1 200 removed recovered 1500-9000',
      'net.address eth2 10.0.0.3 removed recovered 1500-9000',
      'net.address eth2 10.0.0.2 removed recovered 1500-9000',
      'net.link-down eth2 gone recovered 1500-9000',
      'net.link-up eth1 present',
      'net.address eth1 10.0.0.2 added present',
      'net.route-changed eth1 100 added present',
    ])
    // Told once.
    const third = await life(memory, { mono: 9_900 }, ({ hear }) =>
      hear({ type: 'state', found: 'present', state: left, meanwhile: [] }),
    )
    expect(words(third).filter((word) => word.includes('recovered'))).toEqual([])
  })

  test('is not told in another boot, which ended it by itself, nor before anybody has looked', async () => {
    const memory = new Map<string, string>()
    await life(memory, {}, ({ hear }) => hear({ type: 'state', found: 'present', state: all, meanwhile: [] }))
    expect(await life(memory, {}, () => undefined)).toEqual([])
    const none = (looking: Looking): void =>
      looking.hear({ type: 'state', found: 'present', state: state(), meanwhile: [] })
    const otherBoot = boot.replaceAll('8', '9')
    expect(await life(new Map(memory), { ofBoot: otherBoot }, none)).toEqual([])
    expect(await life(memory, {}, none)).toHaveLength(7)
  })

  test('a number that is another card’s now was given back by the first', async () => {
    const memory = new Map<string, string>()
    const one = state({ links: [link(1)], addresses: [address(1)] })
    await life(memory, {}, ({ hear }) => hear({ type: 'state', found: 'present', state: one, meanwhile: [] }))
    const other = state({ links: [link(1, true, 7)], addresses: [address(1)] })
    const next = await life(memory, { mono: 2_000 }, ({ hear }) =>
      hear({ type: 'state', found: 'present', state: other, meanwhile: [] }),
    )
    expect(words(next)).toEqual([
      'net.address eth1 10.0.0.2 removed recovered 1000-2000',
      'net.link-down eth1 gone recovered 1000-2000',
      'net.link-up eth1 present',
      'net.address eth1 10.0.0.2 added present',
    ])
    expect(next.map(({ subject }) => Number(subject.interface?.card))).toEqual([1, 1, 7, 7])
  })

  test('a change just before a kill is remembered: at once, and of many at once the last within a second', async () => {
    const memory = new Map<string, string>()
    await life(memory, {}, ({ hear, clock }) => {
      hear({ type: 'state', found: 'present', state: state({ links: [link(1)] }), meanwhile: [] })
      expect(memory.get('links-on')).toContain('eth1')
      hear({ type: 'address', change: 'added', seen: address(1, '10.0.0.1') })
      expect(memory.get('links-on')).toContain('10.0.0.1')
      for (let i = 2; i < 50; i++) hear({ type: 'address', change: 'added', seen: address(1, `10.0.0.${i}`) })
      expect(memory.get('links-on')).not.toContain('10.0.0.49')
      clock.pass(1_000)
    })
    expect(memory.get('links-on')).toContain('10.0.0.49')
  })

  test('more than can be kept is cut, and what is kept is whole', async () => {
    const memory = new Map<string, string>()
    const links = Array.from({ length: 40 }, (_, i) => link(i + 1))
    const addresses = links.flatMap(({ link: { index } }) =>
      Array.from({ length: 100 }, (_, i) => address(index, `10.0.${index}.${i}`)),
    )
    const crowd = state({ links, addresses })
    await life(memory, {}, ({ hear }) => hear({ type: 'state', found: 'present', state: crowd, meanwhile: [] }))
    const ended = await life(memory, {}, ({ hear }) =>
      hear({ type: 'state', found: 'present', state: state(), meanwhile: [] }),
    )
    expect(ended).toHaveLength(2_048)
  })
})

describe('an end', () => {
  test('that a look finds says between which looks it was, from the last that still saw it or heard of it', async () => {
    const facts = await life(new Map(), {}, ({ hear, clock }) => {
      hear({ type: 'state', found: 'present', state: all, meanwhile: [] })
      clock.pass(100)
      hear({ type: 'address', change: 'added', seen: address(1, '10.0.0.9') })
      clock.pass(100)
      hear({
        type: 'state',
        found: 'reconciled',
        state: state({ links: [link(1)], routes: [route(1, 100)] }),
        meanwhile: [],
      })
    })
    expect(words(facts).filter((word) => word.includes('reconciled'))).toEqual([
      'net.route-changed eth1 200 removed reconciled 1000-1200',
      'net.address eth1 10.0.0.9 removed reconciled 1100-1200',
      'net.address eth1 10.0.0.2 removed reconciled 1000-1200',
      'net.address eth2 10.0.0.3 removed reconciled 1000-1200',
      'net.address eth2 10.0.0.2 removed reconciled 1000-1200',
      'net.link-down eth2 gone reconciled 1000-1200',
    ])
  })

  test('that was heard says nothing of the kind', async () => {
    const facts = await life(new Map(), {}, ({ hear }) => {
      hear({ type: 'state', found: 'present', state: all, meanwhile: [] })
      hear({ type: 'link', change: 'removed', seen: link(2, false) })
    })
    expect(words(facts).slice(-3)).toEqual([
      'net.address eth2 10.0.0.3 removed live',
      'net.address eth2 10.0.0.2 removed live',
      'net.link-down eth2 gone live',
    ])
  })
})

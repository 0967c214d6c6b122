import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Fact, Sensor } from '#agent/sensors/sensor.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { sensorContract } from '../contracts/sensor.ts'
import { canMakeNamespaces, makeNamespace, startHarness, type Namespace } from './namespace.ts'
import { folderOfTest } from '../support/folder-of-test.ts'

const able = canMakeNamespaces()
if (!able) console.log('network: skipped, it takes root, unshare and iproute2')

/** `link-up v0`, `address v0 10.0.0.2/24 added`, `route v0 10.0.0.1 removed`. */
function words({ kind, subject, detail }: Fact): string {
  const about = subject.address ? `${subject.address.address}/${subject.address.prefix}` : subject.route?.gateway
  const change = 'change' in detail ? detail.change : 'gone' in detail && detail.gone ? 'gone' : undefined
  const sort = kind.replace(/^net\./, '').replace('route-changed', 'route')
  return [sort, subject.interface?.name, about, change].filter(Boolean).join(' ')
}
const of = (facts: readonly Fact[], name = 'v0'): string[] =>
  facts.filter((f) => f.subject.interface?.name === name).map(words)

describe.runIf(able)('in a network namespace of its own', () => {
  test('tells links, addresses and default routes as they come and go, in order, each once', async () => {
    await using namespace = await makeNamespace()
    await using harness = await startHarness(namespace)
    const expected: string[] = []
    const does = async (command: string, ...told: string[]): Promise<void> => {
      expected.push(...told)
      await namespace.ip(command)
      await harness.until((facts) => of(facts).length >= expected.length)
      expect(of(harness.facts())).toEqual(expected)
    }
    await does('address add 10.9.0.2/24 dev v0') // a link that is down leads nowhere
    await does('link set v0 up', 'link-up v0', 'address v0 10.9.0.2/24 added')
    await does('route add default via 10.9.0.1', 'route v0 10.9.0.1 added')
    await does('route replace default via 10.9.0.7', 'route v0 10.9.0.1 removed', 'route v0 10.9.0.7 added')
    await does('address add fd09::2/64 dev v0 nodad', 'address v0 fd09::2/64 added')
    await does('-6 route add default via fd09::1', 'route v0 fd09::1 added')
    await does('route del default', 'route v0 10.9.0.7 removed')
    await does('link set v0 name renamed0')
    await namespace.ip('link set renamed0 name v0')
    await does(
      'link set v1 down',
      'route v0 fd09::1 removed',
      'address v0 fd09::2/64 removed',
      'address v0 10.9.0.2/24 removed',
      'link-down v0',
    )
    await does(
      'link set v1 up',
      'link-up v0',
      'address v0 10.9.0.2/24 added',
      'address v0 fd09::2/64 added',
      'route v0 fd09::1 added',
    )
    await does('address del 10.9.0.2/24 dev v0', 'address v0 10.9.0.2/24 removed')
    await namespace.ip('link del v0')
    await harness.until((facts) => of(facts).includes('link-down v0 gone'))
    await harness.stop()
    expect(harness.facts().filter(({ subject }) => subject.interface?.name === 'lo')).toEqual([])
    expect(harness.facts().filter(({ found }) => found === 'reconciled')).toEqual([])
  })

  test('two metrics of one default route are two routes, each told by itself', async () => {
    await using namespace = await makeNamespace()
    await namespace.batch(['link set v0 up', 'address add 10.9.0.2/24 dev v0'])
    await using harness = await startHarness(namespace)
    const routes = (): unknown[] =>
      harness
        .facts()
        .flatMap(({ subject, detail }) =>
          subject.route && 'change' in detail ? [[subject.route.metric, subject.route.protocol, detail.change]] : [],
        )
    await namespace.ip('route add default via 10.9.0.1 metric 20100 proto dhcp')
    await harness.until(() => routes().length === 1)
    await namespace.ip('route add default via 10.9.0.1 metric 100 proto dhcp')
    await harness.until(() => routes().length === 2)
    await namespace.ip('route del default metric 20100')
    await harness.until(() => routes().length === 3)
    await harness.stop()
    expect(routes()).toEqual([
      [20_100, 'dhcp', 'added'],
      [100, 'dhcp', 'added'],
      [20_100, 'dhcp', 'removed'],
    ])
  })

  test('a card keeps its name when its interface gets another, and when the agent starts anew', async () => {
    await using namespace = await makeNamespace()
    await namespace.batch(['link set v0 up', 'address add 10.9.0.2/24 dev v0'])
    const cards = async (change?: string): Promise<(string | undefined)[]> => {
      await using harness = await startHarness(namespace)
      if (change !== undefined) {
        await namespace.ip(change)
        await namespace.ip('address add 10.9.0.3/24 dev renamed0')
        await harness.until((facts) => facts.some(({ subject }) => subject.address?.address === '10.9.0.3'))
      }
      await harness.stop()
      return harness.facts().flatMap(({ subject }) => (subject.interface ? [subject.interface.card] : []))
    }
    const [before, after, later] = [await cards(), await cards('link set v0 name renamed0'), await cards()]
    expect(new Set(before).size).toBe(2)
    expect(new Set([...before, ...after, ...later])).toEqual(new Set(before))
  })

  test('what was on when it stopped and ended since is told by the next run, with its span', async () => {
    const folder = folderOfTest()
    const memory = join(folder, 'memory.json')
    await using namespace = await makeNamespace()
    await namespace.batch([
      'link set v0 up',
      'address add 10.9.0.2/24 dev v0',
      'address add 10.9.0.3/24 dev v0',
      'route add default via 10.9.0.1',
    ])
    {
      await using first = await startHarness(namespace, 0, memory)
      await first.stop()
    }
    const stopped = systemClock.monotonic()
    await namespace.ip('route del default')
    await namespace.ip('address del 10.9.0.3/24 dev v0')
    await using second = await startHarness(namespace, 0, memory)
    await second.stop()
    const ended = second.facts().filter(({ found }) => found === 'recovered')
    expect(ended.map(words)).toEqual(['route v0 10.9.0.1 removed', 'address v0 10.9.0.3/24 removed'])
    for (const { detail } of ended) {
      const between = 'between' in detail ? detail.between : undefined
      expect(between?.after.mono).toBeLessThanOrEqual(stopped)
      expect(between?.before.mono).toBeGreaterThan(stopped)
    }
  })

  test('a route that the kernel takes away in silence is missed for no longer than half a second', async () => {
    await using namespace = await makeNamespace()
    await namespace.batch(['link set v0 up', 'address add 10.9.0.2/24 dev v0', 'route add default via 10.9.0.1'])
    await using harness = await startHarness(namespace)
    const before = systemClock.monotonic()
    await namespace.ip('address del 10.9.0.2/24 dev v0') // RTM_DELADDR alone
    await harness.until((facts) => of(facts).includes('route v0 10.9.0.1 removed'))
    const removed = harness.facts().find((fact) => words(fact) === 'route v0 10.9.0.1 removed')
    expect((removed?.mono ?? Infinity) - before).toBeLessThan(500)
    await harness.stop()
  })

  test('what the kernel could not deliver is found by looking, with one gap on record', async () => {
    await using namespace = await makeNamespace()
    await namespace.ip('link set v0 up')
    await using harness = await startHarness(namespace, 4_096)
    harness.kill('SIGSTOP')
    const addresses = Array.from({ length: 600 }, (_, i) => `10.9.${i >> 8}.${i & 255}/16`)
    await namespace.batch([...addresses.map((each) => `address add ${each} dev v0`), 'route add default via 10.9.99.1'])
    harness.kill('SIGCONT')
    await harness.until((facts) => of(facts).includes('route v0 10.9.99.1 added'))
    await harness.stop()
    const told = of(harness.facts()).filter((each) => each.startsWith('address'))
    expect(told.toSorted()).toEqual(addresses.map((each) => `address v0 ${each} added`).toSorted())
    const gaps = harness.facts().filter(({ kind }) => kind === 'agent.gap')
    expect(gaps.map(({ detail }) => detail)).toEqual([{ reason: 'notifications-lost', source: 'route-netlink' }])
    expect(harness.facts().some(({ found, subject }) => found === 'reconciled' && subject.address !== undefined)).toBe(
      true,
    )
  })

  test('a storm of news is told to the end, and the truth after it', async () => {
    await using namespace = await makeNamespace()
    await namespace.ip('link set v0 up')
    await using harness = await startHarness(namespace)
    const storm = Array.from({ length: 2_000 }, (_, i) => `address ${i % 2 === 0 ? 'add' : 'del'} 10.9.0.2/24 dev v0`)
    await namespace.batch([...storm, 'address add 10.9.0.3/24 dev v0'])
    await harness.until((facts) => of(facts).at(-1) === 'address v0 10.9.0.3/24 added')
    await harness.stop()
    const told = of(harness.facts()).filter((each) => each.includes('10.9.0.2'))
    expect(told.filter((each, i) => each.endsWith(i % 2 === 0 ? 'added' : 'removed'))).toEqual(told)
    expect(told.length % 2).toBe(0)
  })

  test('from a route to its observation p95 is at most 200 ms', async () => {
    await using namespace = await makeNamespace()
    await namespace.batch(['link set v0 up', 'address add 10.9.0.2/24 dev v0'])
    await using harness = await startHarness(namespace)
    const tookMs: number[] = []
    for (let i = 0; i < 40; i++) {
      const change = i % 2 === 0 ? 'add' : 'del'
      const before = harness.facts().length
      const startedAt = systemClock.monotonic()
      await namespace.ip(`route ${change} default via 10.9.0.1`)
      await harness.until((facts) => facts.length > before)
      tookMs.push((harness.facts()[before]?.mono ?? Infinity) - startedAt)
    }
    await harness.stop()
    const sorted = tookMs.toSorted((a, b) => a - b)
    console.log(
      `network: route to observation, ip's own start included: p50 ${sorted[20]} ms, p95 ${sorted[38]} ms, max ${sorted[39]} ms`,
    )
    expect(sorted[38]).toBeLessThanOrEqual(200)
  })
})

/** The sensor over there, as if it ran here. */
const sensorIn = (namespace: Namespace): Sensor => ({
  name: 'network',
  async run({ observe, cover, onJudgeAnew }, signal) {
    if (signal.aborted) return
    await using harness = await startHarness(namespace)
    let heard = 0
    const relay = (): void => {
      for (; heard < harness.said.length; heard++) {
        const said = harness.said[heard]
        if (said !== undefined && 'fact' in said) observe(said.fact)
        if (said !== undefined && 'coverage' in said) cover(said.coverage)
      }
    }
    onJudgeAnew(harness.judgeAnew)
    relay()
    const timer = setInterval(relay, 5)
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve())
      if (signal.aborted) resolve()
    })
    clearInterval(timer)
    await harness.stop()
  },
})

describe.runIf(able)('the network sensor on real netlink', () => {
  sensorContract(async () => {
    const namespace = await makeNamespace()
    await namespace.batch(['link set v0 up', 'address add 10.9.0.2/24 dev v0'])
    let routes = 0
    return {
      sensor: sensorIn(namespace),
      provoke: () => namespace.ip(`route add default via 10.9.0.1 metric ${++routes}`),
      [Symbol.asyncDispose]: () => namespace[Symbol.asyncDispose](),
    }
  })
})

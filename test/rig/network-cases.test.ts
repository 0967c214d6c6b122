import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event, Incident } from './api.ts'
import { startAgent } from './guest-agent.ts'
import type { Running } from './guest-shell.ts'
import type { Image } from './image.ts'
import { overflow } from './overflow.ts'
import { RigUnavailable } from './packages.ts'
import { until } from './until.ts'
import type { UsbDevice } from './usb.ts'
import { incident, prepareRig, startWhole, type Whole } from './whole.ts'

const prepared = await prepareRig()
const mac = '52:54:00:00:0e:01'
const register = `
endpoints:
  - { host: SECRET-02, macs: ['${mac}'], name: 机密机二号, level: secret, networkKind: intranet, department: 办公室, responsible: 李四, allowedNetworks: [10.0.9.0/24] }
`
const onLink = (name: string) => (each: Incident) => each.network?.interface.name === name
const broke = ({ network }: Incident): string[] =>
  (network?.broke ?? []).map(({ text }) => text.replace(/ metric \d+$/, '')).toSorted()
const isOver = ({ endedAt }: Incident): boolean => endedAt !== undefined

describe.skipIf(prepared instanceof RigUnavailable)('a classified machine’s ways to another network', () => {
  const parts = new AsyncDisposableStack()
  let whole: Whole
  let agentId: string
  let agent: Running
  let environment: Record<string, string>

  beforeAll(async () => {
    const devices = ['pcie-root-port,id=rp1,chassis=1']
    whole = parts.use(await startWhole(prepared as Image, { name: 'SECRET-02', mac, register, devices }))
    environment = await whole.collector.token('办公室', 'secret')
    agent = await startAgent(whole.machine, environment)
    agentId = await until('the register to be applied', 120_000, async () => {
      const [endpoint] = await whole.collector.api.endpoints()
      return endpoint && endpoint.registerVersion > 0 && endpoint.agent
    })
  })
  afterAll(() => parts.disposeAsync())

  const stored = (): Promise<Event[]> => whole.collector.api.events(agentId)
  /** The interface of the card with this address, once udev has given it its name. */
  const linkOf = (card: string): Promise<string> =>
    until(`the interface of ${card}, as udev calls it`, 30_000, async () => {
      const { stdout } = await whole.machine.sh(
        `udevadm settle; grep -l ${card} /sys/class/net/*/address | cut -d/ -f5`,
      )
      const name = stdout.trim()
      return name !== '' && !name.startsWith('eth') && name
    })
  /** The one incident of this link, once it is in its contact of that number. */
  const contact = (link: string, times: number): Promise<Incident> =>
    until(`contact ${times} of ${link}`, 120_000, async () => {
      const [found, ...more] = (await whole.collector.api.incidents()).filter(onLink(link))
      return more.length === 0 && found?.network?.contacts === times && !isOver(found) && found
    })
  const ended = (link: string): Promise<Incident> =>
    incident(whole.collector.api, `the end of ${link}`, onLink(link), isOver)

  test('a second card with addresses of both families, and IPv6 that a router handed out', async () => {
    const { machine, collector } = whole
    const net = { type: 'user', id: 'second', net: '192.168.78.0/24', restrict: true }
    await machine.execute('netdev_add', net)
    const card = { driver: 'virtio-net-pci', id: 'card', bus: 'rp1', netdev: 'second', romfile: '' }
    await machine.execute('device_add', { ...card, mac: '52:54:00:99:00:01' })
    const link = await linkOf('52:54:00:99:00:01')
    await machine.must(`ip link set ${link} up && ip addr add 192.168.78.9/24 dev ${link}`)
    await machine.must(
      `ip -6 addr add 2001:db8::9/64 dev ${link} && ip -6 route add default via 2001:db8::1 dev ${link} metric 7`,
    )
    const expected = ['192.168.78.9/24', '2001:db8::9/64', '::/0 via 2001:db8::1', '::/0 via fe80::2']
    const open = await incident(collector.api, 'all that is foreign', onLink(link), (each) =>
      expected.every((text) => broke(each).includes(text)),
    )
    expect(open.severity).toBe('critical')
    expect(open.network?.broke.map(({ text }) => text)).toContain('::/0 via 2001:db8::1 metric 7')
    await machine.execute('device_del', { id: 'card' })
    const over = await ended(link)
    expect(over).toMatchObject({ id: open.id, endedBy: expect.stringMatching(/^(gone|link-down)$/) })
    expect(over.network?.broke.every(({ gone }) => gone)).toBe(true)
  })

  test('default routes: without gateway, of many hops, replaced; not those of another table', async () => {
    const { machine, collector } = whole
    await machine.must('for l in da db; do ip link add $l type dummy && ip link set $l up; done')
    await machine.must('ip addr add 10.51.0.1/24 dev da && ip addr add 10.52.0.1/32 dev db')
    await machine.must('ip route add default via 10.51.0.9 dev da table 77')
    await machine.must('ip route add default dev db metric 5 && ip route replace default dev da metric 5')
    await machine.must('ip route add default nexthop via 10.51.0.2 dev da nexthop dev db')
    await incident(collector.api, 'the routes of da', onLink('da'), (each) =>
      ['0.0.0.0/0', '0.0.0.0/0 via 10.51.0.2', '10.51.0.1/24'].every((text) => broke(each).includes(text)),
    )
    await incident(collector.api, 'the routes of db', onLink('db'), (each) =>
      ['0.0.0.0/0', '10.52.0.1/32'].every((text) => broke(each).includes(text)),
    )
    await machine.must(
      'ip route del default metric 5; ip route del default metric 0; for l in da db; do ip link del $l; done',
    )
    for (const link of ['da', 'db']) await ended(link)
    expect((await stored()).filter(({ route }) => route?.includes('10.51.0.9'))).toEqual([])
  })

  test('a link that comes up twice within ten minutes is one incident of two contacts; link-local and loopback addresses are none', async () => {
    const { machine, collector } = whole
    await machine.must('ip addr add 10.59.0.1/32 dev lo; ip link add dc type dummy; ip addr add 169.254.3.3/16 dev dc')
    for (const times of [1, 2]) {
      await machine.must('ip link set dc up && ip addr replace 10.53.0.1/24 dev dc')
      await contact('dc', times)
      await machine.must('ip link set dc down')
      await ended('dc')
    }
    const foreign = (await collector.api.incidents()).filter(onLink('dc')).flatMap(broke)
    expect(new Set(foreign)).toEqual(new Set(['10.53.0.1/24']))
    expect((await stored()).filter(({ address }) => address?.startsWith('10.59.'))).toEqual([])
  })

  test('a USB card whose link flaps five times within a minute, and that is pulled and put in again, is one incident', async () => {
    const { machine } = whole
    const card: UsbDevice = { kind: 'network-adapter', mac: '40:54:00:77:00:05' }
    await machine.plug(card)
    const link = await linkOf(card.mac)
    await machine.must(`ip link set ${link} up && ip addr add 10.54.0.1/24 dev ${link}`)
    const { id, network } = await contact(link, 1)
    for (const flap of [1, 2, 3, 4, 5]) {
      await machine.must(`ip link set ${link} down`)
      await ended(link)
      await machine.must(`ip link set ${link} up`) // its address is still on it
      await contact(link, flap + 1)
    }
    await machine.unplug(card)
    const pulled = await ended(link)
    const newest = pulled.network?.newest ?? []
    expect((newest.at(-1)?.from ?? NaN) - (newest[0]?.from ?? NaN)).toBeLessThan(60_000)
    await machine.plug(card)
    expect(await linkOf(card.mac)).toBe(link)
    await machine.must(`ip link set ${link} up && ip addr add 10.54.0.1/24 dev ${link}`)
    const again = await contact(link, 7)
    expect(again).toMatchObject({ id, network: { interface: { name: link } } })
    expect(again.network?.interface.index).not.toBe(network?.interface.index)
    expect(again.network?.broke).toEqual([{ what: 'address', text: '10.54.0.1/24', gone: false }])
    expect(again.network?.newest.map(({ ended: by }) => by)).toEqual([...Array<string>(6).fill('gone'), undefined])
    await machine.unplug(card)
    await ended(link)
  })

  test('a flood that no socket could hold is reconciled, and is one gap', async () => {
    const { machine, collector } = whole
    await machine.must('ip link add dd type dummy && ip link set dd up')
    await until('the link to be stored', 30_000, async () => (await stored()).some((each) => each.interface === 'dd'))
    const before = (await stored()).length
    await overflow(machine, agent.pid, 'route', async () => {
      await machine.must(
        'for i in $(seq 20); do for j in $(seq 250); do echo "addr add 10.77.$i.$j/32 dev dd"; done; done > /run/add',
      )
      await machine.must("sed 's/ add / del /' /run/add > /run/del && ip -batch /run/add && ip -batch /run/del")
      await machine.must('ip addr add 10.88.0.1/24 dev dd')
    })
    await incident(collector.api, 'what stayed', onLink('dd'), (each) => broke(each).includes('10.88.0.1/24'))
    const since = (await stored()).slice(before)
    expect(since.filter(({ kind }) => kind === 'agent.gap')).toMatchObject([{ reason: 'notifications-lost' }])
    const told = since.filter(({ kind }) => kind === 'net.address').map(({ found, address }) => `${found} ${address}`)
    expect(told).toEqual(['reconciled 10.88.0.1/24'])
  })

  test('an address that goes while no agent runs is told by the next one as ended, with the span in which it went', async () => {
    const { machine, collector } = whole
    await machine.must('ip link add de type dummy && ip link set de up && ip addr add 10.55.0.1/24 dev de')
    const { id, openedAt } = await contact('de', 1)
    await machine.must(`kill -9 ${agent.pid}`)
    await machine.must('ip addr del 10.55.0.1/24 dev de')
    agent = await startAgent(machine, environment)
    const over = await ended('de')
    expect(over).toMatchObject({ id, endedBy: 'recovered', network: { contacts: 1 } })
    const { after, before } = over.endedBetween ?? { after: NaN, before: NaN }
    const slack = 2000 // trusted time is good to a second
    expect(after).toBeGreaterThanOrEqual(openedAt - slack)
    expect(before).toBeGreaterThan(after)
    expect(before).toBeLessThanOrEqual(Date.now() + slack)
    const told = (await collector.api.timeline(id)).filter(({ kind }) => kind === 'net.address')
    expect(told.at(-1)).toMatchObject({ address: '10.55.0.1/24', change: 'removed', found: 'recovered' })
  })
})

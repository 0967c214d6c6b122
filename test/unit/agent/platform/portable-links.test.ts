import type { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { stateOf } from '#agent/platform/portable/links.ts'

type All = ReturnType<typeof networkInterfaces>
const MAC = '02:FC:00:00:00:01'
const v4 = (address: string, internal = false) =>
  ({ address, netmask: '', family: 'IPv4', mac: MAC, internal, cidr: `${address}/24` }) as const
const v6 = (address: string) =>
  ({ address, netmask: '', family: 'IPv6', mac: MAC, internal: false, cidr: `${address}/64`, scopeid: 0 }) as const

test('links with their outer addresses, the default route on its own link, numbers that stay', () => {
  const numbers = new Map<string, number>()
  const all: All = {
    lo: [v4('127.0.0.1', true)],
    a: [v4('10.0.0.2'), v6('fe80::1'), v6('fd09::2')],
    b: [v4('169.254.1.1')],
  }
  const { links, addresses, routes } = stateOf(all, { name: 'b', gateway: '10.0.0.1' }, numbers)
  expect(links.map(({ link: { index, name, mac }, up }) => [index, name, mac, up])).toEqual([
    [1, 'a', MAC.toLowerCase(), true],
    [2, 'b', MAC.toLowerCase(), true],
  ])
  expect(addresses).toEqual([
    { index: 1, address: { family: 'ipv4', address: '10.0.0.2', prefix: 24 } },
    { index: 1, address: { family: 'ipv6', address: 'fd09::2', prefix: 64 } },
  ])
  expect(routes).toMatchObject([{ index: 2, route: { destination: '0.0.0.0/0', gateway: '10.0.0.1' } }])
  const later = stateOf({ b: [v4('10.0.0.3')], c: [v4('10.1.0.1')] }, undefined, numbers)
  expect(later.links.map(({ link }) => link.index)).toEqual([2, 3])
  expect(later.routes).toEqual([])
})

test('the names of links that went are forgotten once there are a thousand, and no number comes twice', () => {
  const numbers = new Map<string, number>()
  const seen = Array.from({ length: 3_000 }, (_, at) => {
    const { links } = stateOf({ eth0: [v4('10.0.0.2')], [`veth${at}`]: [v4('10.1.0.1')] }, undefined, numbers)
    return links.map(({ link: { index } }) => index)
  })
  expect(numbers.size).toBeLessThanOrEqual(1_025)
  expect(new Set(seen.map(([eth0]) => eth0)).size).toBe(1)
  expect(new Set(seen.map(([, veth]) => veth)).size).toBe(3_000)
})

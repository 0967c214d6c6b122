import { readFileSync } from 'node:fs'
import { Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import type { Observation } from '#shared/event/event.ts'
import { Rule, type Endpoint, type Policy, type Register } from '#shared/policy/documents.ts'
import { evaluator } from '#shared/policy/evaluate.ts'
import { inNetworks } from '#shared/policy/networks.ts'
import { levels, networkKinds } from '#shared/vocabulary/levels.ts'
import { readYaml } from '#shared/vocabulary/yaml.ts'

const file = new URL('../../../config/policy/first.yaml', import.meta.url)
const shipped = readYaml(readFileSync(file, 'utf8'), Type.Array(Rule))
if (!shipped.ok) throw new Error('The shipped rules do not load.')
const dated = { version: 1, issued: '2026-01-01T00:00:00.000+08:00', expires: '2027-01-01T00:00:00.000+08:00' }
const policy: Policy = { ...dated, rules: shipped.value, keys: { register: [], receipts: [] } }
const { evaluate } = evaluator(policy)

const stamps = { at: '2026-03-01T09:00:00.000+08:00', mono: 1, found: 'live' } as const
const face = { index: 3, name: 'enx0', type: 'ethernet', card: '0c'.repeat(16) }
const up: Observation = { ...stamps, kind: 'net.link-up', subject: { interface: face }, detail: {} }
const down: Observation = { ...stamps, kind: 'net.link-down', subject: { interface: face }, detail: { gone: false } }
const route = (gateway?: string, change: 'added' | 'removed' = 'added'): Observation => {
  const way = { family: 'ipv4', destination: '0.0.0.0/0', table: 254, ...(gateway && { gateway }) } as const
  return { ...stamps, kind: 'net.route-changed', subject: { interface: face, route: way }, detail: { change } }
}
const address = (text: string): Observation => {
  const held = { family: text.includes(':') ? 'ipv6' : 'ipv4', address: text, prefix: 24 } as const
  return { ...stamps, kind: 'net.address', subject: { interface: face, address: held }, detail: { change: 'added' } }
}
function broken(observation: Observation, where: Partial<Endpoint>): string[] {
  const endpoint: Endpoint = {
    name: 'e',
    level: 'secret',
    networkKind: 'intranet',
    department: 'd',
    status: 'confirmed',
    ...where,
  }
  const agent = '11111111-1111-4111-8111-111111111111'
  const register: Register = { ...dated, agent, endpoint, approvals: [] }
  return evaluate(observation, { endpoint, register, media: [], trusted: 0 }).verdicts.map(
    ({ rule, severity }) => `${rule} ${severity}`,
  )
}

describe('any carrier on an endpoint that stands alone', () => {
  const cases = levels.flatMap((level) => networkKinds.map((networkKind) => ({ level, networkKind })))
  test.for(cases)('$level, $networkKind', ({ level, networkKind }) => {
    const alone = networkKind === 'standalone' ? ['standalone-carrier critical'] : []
    expect(broken(up, { level, networkKind, allowedNetworks: [] })).toEqual(alone)
    expect(broken(down, { level, networkKind, allowedNetworks: [] })).toEqual([])
  })
})

describe('another network on a classified endpoint', () => {
  const foreign = ['foreign-network critical']
  const allowedNetworks = ['10.0.2.0/24', 'fd00:1::/64']
  test.for<[string, Observation, Partial<Endpoint>, string[]]>([
    ['an address outside', address('10.9.9.9'), { allowedNetworks }, foreign],
    ['an address inside', address('10.0.2.9'), { allowedNetworks }, []],
    ['an IPv6 address outside', address('2001:db8::9'), { allowedNetworks }, foreign],
    ['an IPv6 address inside', address('fd00:1::9'), { allowedNetworks }, []],
    ['a gateway outside', route('10.9.9.1'), { allowedNetworks }, foreign],
    ['a gateway inside', route('10.0.2.1'), { allowedNetworks }, []],
    ['a default route without a gateway', route(), { allowedNetworks }, foreign],
    ['a foreign route that goes', route('10.9.9.1', 'removed'), { allowedNetworks }, []],
    ['no network is allowed', address('10.0.2.9'), { allowedNetworks: [] }, foreign],
    ['nobody has said which are (pending)', address('10.9.9.9'), {}, []],
    ['an endpoint that is not classified', address('10.9.9.9'), { level: 'internal', allowedNetworks }, []],
  ])('%s', ([, observation, where, rules]) => expect(broken(observation, where)).toEqual(rules))
})

test.for<[string, readonly string[], boolean]>([
  ['10.0.2.255', ['10.0.2.0/24'], true],
  ['10.0.3.0', ['10.0.2.0/24'], false],
  ['::ffff:10.0.2.1', ['10.0.2.0/24'], true],
  ['fe80::1%eth0', ['fe80::/10'], true],
  ['10.0.2.1', ['fd00::/8'], false],
  ['no address', ['0.0.0.0/0', '::/0'], false],
  ['10.0.2.1', ['no network'], false],
])('%s in %j: %s', ([text, networks, isIn]) => expect(inNetworks(text, networks)).toBe(isIn))

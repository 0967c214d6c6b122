/** What people write: config, clauses, rules, register. Each fault is named with file, line, field and what was expected. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadConfig } from '#collector/config.ts'
import { endpointOf, permissionsFor, readLedger } from '#collector/ledgers/register.ts'
import { readClauses } from '#collector/policy/clauses.ts'
import { readRules } from '#collector/policy/rules.ts'
import { ConfigError } from '#shared/vocabulary/yaml.ts'

const shipped = (name: string): string => fileURLToPath(new URL(`../../../config/${name}`, import.meta.url))
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoumi-files-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function written(name: string, text: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, text)
  return file
}
async function faultOf(reading: Promise<unknown>): Promise<string> {
  const error = await reading.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ConfigError)) throw new Error(`no ConfigError, but ${String(error)}`)
  return error.message.replaceAll(`${folder}/`, '')
}

describe('config', () => {
  test('the example is taken, its files beside it', async () => {
    expect(await loadConfig(shipped('collector.example.yaml'))).toMatchObject({
      clausesFile: shipped('clauses.yaml'),
      policyDir: shipped('policy'),
      console: { host: '127.0.0.1' },
      log: { level: 'info' },
    })
  })

  const good = `dataDir: d\nagents: { port: 1 }\nconsole: { port: 2 }\npolicyDir: p\nclausesFile: c\n`
  test.each([
    ['a missing field', good.replace('policyDir: p\n', ''), 'config.yaml:1 /policyDir is missing'],
    ['an unknown field', `${good}colour: red\n`, 'config.yaml:6 /colour is unknown (expected one of: dataDir, agents'],
    [
      'a port out of range',
      good.replace('port: 1', 'port: 70000'),
      'config.yaml:2 /agents/port is not valid (expected a port, 0 to 65535)',
    ],
    ['an unknown level', `${good}level: high\n`, 'config.yaml:6 /level is not valid (expected one of: top-secret'],
    ['no YAML', 'dataDir: [', 'config.yaml:1 / '],
    [
      'a mail route without a recipient',
      `${good}mail: { host: h, port: 1, from: a@b, routes: [{ name: x, to: [], level: public }] }\n`,
      'config.yaml:6 /mail/routes/0/to is not valid',
    ],
  ])('%s is named with line and field', async (_, text, fault) => {
    expect(await faultOf(loadConfig(await written('config.yaml', text)))).toContain(fault)
  })

  test('a file that is not there is named', async () => {
    expect(await faultOf(loadConfig(join(folder, 'none.yaml')))).toContain('none.yaml:1 / cannot be read')
  })
})

describe('rules', () => {
  const rule = (over: Record<string, string> = {}): string =>
    Object.entries({
      id: 'one',
      title: '{ zh: 一, en: One }',
      clause: 'mb-4.2-5',
      check: 'medium-unregistered',
      levels: '[internal]',
      severity: 'high',
      response: '[]',
      ...over,
    })
      .map(([name, value], at) => `${at === 0 ? '- ' : '  '}${name}: ${value}`)
      .join('\n')
  const read = async (text: string) => {
    const policy = await mkdtemp(join(folder, 'policy-'))
    await writeFile(join(policy, 'rules.yaml'), `${text}\n`)
    return readRules(policy, await readClauses(shipped('clauses.yaml')))
  }

  test('those that are shipped are taken, each with a clause that is there', async () => {
    const clauses = await readClauses(shipped('clauses.yaml'))
    expect((await readRules(shipped('policy'), clauses)).length).toBeGreaterThanOrEqual(8)
  })

  test.each([
    ['an unknown clause', rule({ clause: 'mb-9' }), 'rules.yaml:3 /0/clause is "mb-9" (expected the id of a clause'],
    ['an unknown check', rule({ check: 'moon-phase' }), 'rules.yaml:4 /0/check "moon-phase" is no check; known: '],
    [
      'an unknown parameter',
      rule({ parameters: '{ colour: 1 }' }),
      '/0/parameters/colour medium-unregistered has no such parameter',
    ],
    [
      'an unknown severity',
      rule({ severity: 'severe' }),
      'rules.yaml:6 /0/severity is not valid (expected one of: critical',
    ],
    ['a response', rule({ response: '[block]' }), 'rules.yaml:7 /0/response'],
    ['an id twice', `${rule()}\n${rule()}`, 'rules.yaml:8 /1/id is "one" a second time'],
    ['no rule', '[]', 'has 0 rules'],
  ])('%s is named with line and field', async (_, text, fault) => {
    expect(await faultOf(read(text))).toContain(fault)
  })
})

describe('register', () => {
  const endpoint = (over = ''): string =>
    `endpoints:\n  - { host: PC-1, macs: ['52-54-00-AA-BB-01'], serial: SN1, level: secret, networkKind: intranet, department: 机要科${over} }\n`
  const medium = `media:\n  - { id: M1, level: secret, identity: { usbSerial: S } }\n`
  const approval = (over: Record<string, string> = {}): string => {
    const parts = {
      id: 'A1',
      endpoint: 'pc-1',
      medium: '{ id: M1 }',
      allows: '[use]',
      approvedBy: B,
      from: T1,
      to: T2,
      ...over,
    }
    return `approvals:\n  - { ${Object.entries(parts)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', ')} }\n`
  }
  const B = '保密办'
  const T1 = "'2026-01-05T09:00:00.000+08:00'"
  const T2 = "'2026-01-05T17:00:00.000+08:00'"
  const read = async (text: string) => readLedger(await written('register.yaml', text))

  test('the example is taken', async () => {
    expect(await readLedger(shipped('register.example.yaml'))).toMatchObject({ media: { length: 2 } })
  })

  test.each([
    [
      'a classified endpoint on the internet',
      endpoint().replace('intranet', 'internet'),
      'register.yaml:2 /endpoints/0/networkKind is internet on a secret endpoint',
    ],
    [
      'an endpoint that nothing confirms',
      endpoint().replace("macs: ['52-54-00-AA-BB-01'], serial: SN1, ", ''),
      '/endpoints/0 has neither macs nor serial',
    ],
    [
      'a network that is none',
      endpoint(', allowedNetworks: [10.0.0.0]'),
      '/endpoints/0/allowedNetworks/0 is "10.0.0.0" (expected a network',
    ],
    [
      'a MAC that is none',
      endpoint().replace('52-54-00-AA-BB-01', '52-54'),
      '/endpoints/0/macs/0 is not valid (expected a MAC address',
    ],
    [
      'a host twice',
      endpoint() + endpoint().split('\n')[1]?.replace('PC-1', 'pc-1'),
      'register.yaml:3 /endpoints/1/host is there already',
    ],
    ['a medium twice', medium + medium.split('\n')[1], 'register.yaml:3 /media/1/id is there already'],
    ['a medium without a serial', medium.replace('usbSerial: S', ''), '/media/0/identity'],
    [
      'an approval of nothing',
      endpoint() + medium + approval({ medium: '{ id: M2 }' }),
      '/approvals/0/medium/id is "M2"',
    ],
    ['an approval for nobody', endpoint() + medium + approval({ endpoint: 'pc-2' }), '/approvals/0/endpoint is "pc-2"'],
    [
      'an approval that ends before it begins',
      endpoint() + medium + approval({ from: T2, to: T1 }),
      '/approvals/0/to is not after its beginning',
    ],
  ])('%s is named with line and field', async (_, text, fault) => {
    expect(await faultOf(read(text))).toContain(fault)
  })

  test.each([
    ['host and MAC, however written', 'pc-1', { macs: ['52:54:00:aa:bb:01'] }, true],
    ['host and serial', 'Pc-1', { serial: 'SN1' }, true],
    ['the host alone', 'pc-1', {}, false],
    ['host and another MAC', 'pc-1', { macs: ['52:54:00:aa:bb:02'] }, false],
    ['MAC and serial of another host', 'pc-2', { macs: ['52:54:00:aa:bb:01'], serial: 'SN1' }, false],
  ])('an endpoint is known by %s: %s', async (_, host, passport, known) => {
    expect(endpointOf(await read(endpoint()), host, passport) !== undefined).toBe(known)
  })

  test('an approval goes to its endpoint alone, without naming it', async () => {
    const ledger = await read(endpoint() + medium + approval())
    expect(permissionsFor(ledger, 'PC-1').approvals).toEqual([
      { id: 'A1', medium: { id: 'M1' }, allows: ['use'], approvedBy: B, from: T1.slice(1, -1), to: T2.slice(1, -1) },
    ])
    expect(permissionsFor(ledger, 'pc-2')).toMatchObject({ media: [{ id: 'M1' }], approvals: [] })
  })
})

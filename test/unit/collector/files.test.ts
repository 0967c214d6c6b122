/** What people write: config, clauses, rules, register. Each fault is named with file, line, field and what was expected. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '#collector/config.ts'
import { lineOf } from '#collector/ledgers/endpoints.ts'
import { lookUp, readLedger } from '#collector/ledgers/register.ts'
import { readClauses } from '#collector/policy/clauses.ts'
import { readRules } from '#collector/policy/rules.ts'
import { ConfigError } from '#shared/vocabulary/yaml.ts'
import { folderOfTest } from '../../support/folder-of-test.ts'

const shipped = (name: string): string => fileURLToPath(new URL(`../../../config/${name}`, import.meta.url))
let folder = ''
beforeEach(() => {
  folder = folderOfTest()
})

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
  const mail = (more: string): string =>
    `mail: { host: h, port: 1, from: a@b, routes: [{ name: x, to: [a@b], level: public }], ${more} }\n`
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
    [
      'a daily mail at no time of day',
      `${good}${mail('daily: { at: "8:00" }')}`,
      'config.yaml:6 /mail/daily/at is not valid (expected a time of day',
    ],
    [
      'a daily mail to no route',
      `${good}${mail('daily: { to: [y] }')}`,
      'config.yaml:6 /mail/daily/to names no route: y (expected of x)',
    ],
    [
      'a password that anybody between could read',
      `${good}${mail('user: u, passwordFile: p, tls: offered')}`,
      'config.yaml:6 /mail/tls would send the password in the clear',
    ],
    ['a user without a password', `${good}${mail('user: u')}`, 'config.yaml:6 /mail/user has no passwordFile'],
  ])('%s is named with line and field', async (_, text, fault) => {
    expect(await faultOf(loadConfig(await written('config.yaml', text)))).toContain(fault)
  })

  test.each([
    ['none is said', 'secure: false', { at: '08:00' }],
    ['a password goes in the clear on purpose', 'user: u, passwordFile: p, tls: none', { at: '08:00' }],
    ['the daily mail is not wanted', 'daily: { to: [] }', { at: '08:00', to: [] }],
    ['it comes at another time', 'daily: { at: "23:59", to: [x] }', { at: '23:59', to: ['x'] }],
  ])('mail is taken where %s', async (_, text, daily) => {
    const loaded = await loadConfig(await written('config.yaml', `${good}${mail(text)}`))
    expect(loaded.mail?.daily).toEqual(daily)
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
    const policy = folderOfTest()
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
    `endpoints:\n  - { host: PC-1, macs: ['52-54-00-AA-BB-01'], serial: SN1, level: secret, networkKind: intranet, department: 机要科, allowedNetworks: [10.0.2.0/24]${over} }\n`
  const medium = `media:\n  - { id: M1, level: secret, identity: { usbSerial: S } }\n`
  const approval = (over: Record<string, string> = {}): string => {
    const parts = {
      id: 'A1',
      for: 'medium',
      endpoint: 'pc-1',
      medium: '{ id: M1 }',
      allows: '[use]',
      approvedBy: `[${B}]`,
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
      'a classified endpoint that names no network',
      endpoint().replace(', allowedNetworks: [10.0.2.0/24]', ''),
      'register.yaml:2 /endpoints/0/allowedNetworks names none',
    ],
    ['a card that is none', endpoint(', cards: [eth0]'), '/endpoints/0/cards/0 is not valid (expected 32 hex digits'],
    ['a gateway that is none', endpoint(", gatewayMacs: ['52-54']"), '/endpoints/0/gatewayMacs/0 is not valid'],
    [
      'a medium too large to be sent with its part',
      medium
        .replace(
          'usbSerial: S',
          `usbSerial: ${'重'.repeat(256)}, ${['diskSerial', 'fsUuid', 'partitionTable'].map((part) => `${part}: ${'重'.repeat(256)}`).join(', ')}, sizeBytes: 1`,
        )
        .replace('M1', '号'.repeat(250)),
      '/media/0 has',
    ],
    ['an approval without what it is for', endpoint() + medium + approval({ for: 'session' }), '/approvals/0/for'],
    [
      'an approval that three approved',
      endpoint() + medium + approval({ approvedBy: '[a, b, c]' }),
      '/approvals/0/approvedBy',
    ],
    [
      'an approval twice',
      endpoint() + medium + approval() + (approval().split('\n')[1] ?? ''),
      '/approvals/1/id is there already',
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
    ['10.0.0.0', 'expected an address, a slash and a length'],
    ['010.0.2.0/24', 'expected four decimal numbers'],
    ['10.0.2.9/24', 'has bits beyond its length (expected 10.0.2.0/24?)'],
  ])('%s is no network, and that is named with line and field', async (network, fault) => {
    expect(await faultOf(read(endpoint().replace('10.0.2.0/24', network)))).toContain(
      `register.yaml:2 /endpoints/0/allowedNetworks/0 is "${network}": ${fault}`,
    )
  })

  test('a classified endpoint that stands alone needs no network, one that is not classified neither', async () => {
    const open = endpoint().replace(', allowedNetworks: [10.0.2.0/24]', '')
    await expect(read(open.replace('intranet', 'standalone'))).resolves.toMatchObject({ endpoints: [{ host: 'PC-1' }] })
    await expect(read(open.replace('secret', 'internal'))).resolves.toMatchObject({ endpoints: [{ host: 'PC-1' }] })
  })

  test.each([
    ['host and MAC, however written', 'pc-1', 'secret', { macs: ['52:54:00:aa:bb:01'] }, true],
    ['host and serial', 'Pc-1', 'secret', { serial: 'SN1' }, true],
    ['the host alone', 'pc-1', 'secret', {}, false],
    ['host and another MAC', 'pc-1', 'secret', { macs: ['52:54:00:aa:bb:02'] }, false],
    ['MAC and serial of another host', 'pc-2', 'secret', { macs: ['52:54:00:aa:bb:01'], serial: 'SN1' }, false],
    ['all of it, with a token of another level', 'pc-1', 'internal', { macs: ['52:54:00:aa:bb:01'] }, false],
    ['no host name', '', 'secret', { serial: 'SN1' }, false],
  ])('an endpoint is known by %s: %s', async (_, host, level, passport, known) => {
    expect(lineOf(lookUp(await read(endpoint())), { host, level, passport }) !== undefined).toBe(known)
  })

  test('an approval goes to its endpoint alone, without naming it', async () => {
    const ledger = lookUp(await read(endpoint() + medium + approval()))
    const [from, to] = [T1.slice(1, -1), T2.slice(1, -1)]
    expect(ledger.approvalsOf('PC-1')).toEqual([
      { id: 'A1', for: 'medium', medium: { id: 'M1' }, allows: ['use'], approvedBy: [B], from, to },
    ])
    expect(ledger.approvalsOf('pc-2')).toEqual([])
  })

  test('a file larger than any that is meant is refused before it is read: at once, by its size', async () => {
    const lines = Array.from({ length: 300_000 }, (_, n) => `  - { host: pc-${n}, serial: S, level: internal }\n`)
    const file = await written('huge.yaml', `endpoints:\n${lines.join('')}`)
    const before = performance.now()
    expect(await faultOf(readLedger(file))).toMatch(/^huge\.yaml:1 \/ has \d+ bytes \(expected 4194304 at most/)
    expect(performance.now() - before).toBeLessThan(1_000)
  })

  test('what is no file is refused, and not read for ever', async () => {
    expect(await faultOf(readLedger('/dev/zero'))).toContain('/dev/zero:1 / is no file')
    expect(await faultOf(readLedger(folder))).toContain('is no file')
  })
})

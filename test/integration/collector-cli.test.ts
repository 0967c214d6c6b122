/** The collector's commands as a person runs them: a process, its exit code, and what it printed. */
import { spawn } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { tokenCreate } from '#collector/commands/token.ts'
import {
  connectAgent,
  enrolment,
  hello,
  newIdentity,
  openEnrolled,
  pinnedRoot,
  post,
  takeDocuments,
} from '../independent/client.ts'
import { folderOfTest } from '../support/folder-of-test.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const repository = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const route = '{ name: office, to: [b@example.org], level: secret }'
let folder = ''
let config = ''

interface Ran {
  code: number | null
  out: string
  err: string
}
function begin(...args: string[]) {
  const child = spawn(process.execPath, [repository('collector/cli.ts'), ...args])
  const ran: Ran = { code: null, out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ran.out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ran.err += text))
  const done = new Promise<Ran>((resolve) => child.once('close', (code) => resolve({ ...ran, code })))
  return { child, ran, done }
}
const run = (...args: string[]): Promise<Ran> => begin(...args, '--config', config).done

beforeAll(async () => {
  const made = temporaryFolder()
  folder = made.path
  config = join(folder, 'collector.yaml')
  await writeFile(
    config,
    `dataDir: data
agents: { host: 127.0.0.1, port: 0 }
console: { host: 127.0.0.1, port: 0 }
policyDir: ${repository('config/policy')}
clausesFile: ${repository('config/clauses.yaml')}
`,
  )
  return made.remove
})

describe('shoumi-collector', () => {
  test.each([
    ['help', ['--help'], 0],
    ['version', ['--version'], 0],
    ['an unknown command', ['dance'], 2],
    ['bad usage', ['token', 'create', '--colour'], 2],
  ])('%s: exit, and at most one line of error', async (_, args, code) => {
    const ran = await begin(...args).done
    expect(ran.code).toBe(code)
    expect(ran.err.split('\n').length).toBeLessThanOrEqual(2)
  })

  const io = {
    clock: systemClock,
    user: 'test',
    pagesDir: '',
    out: () => undefined,
    err: () => undefined,
    onHangUp: () => undefined,
  }
  test.each([
    ['no department', ['--level', 'internal'], /--department is missing/],
    ['no level', ['--department', 'D'], /--level is missing: give one of top-secret/],
    ['an unknown level', ['--department', 'D', '--level', 'high'], /--level is "high"/],
    [
      'a classified level on the internet',
      ['--department', 'D', '--level', 'secret', '--network-kind', 'internet'],
      /never joins the internet/,
    ],
    ['no uses', ['--department', 'D', '--level', 'internal', '--uses', '0'], /--uses is "0"/],
    ['no end', ['--department', 'D', '--level', 'internal', '--expires', '91d'], /--expires is "91d"/],
    ['too much', ['--department', 'D', '--level', 'internal', 'now'], /"now" is too much/],
  ])('a token with %s is not made', async (_, args, message) => {
    await expect(tokenCreate(args, io, new AbortController().signal)).rejects.toThrow(message)
  })

  test('serve before init says what to do', async () => {
    expect(await run('serve')).toMatchObject({ code: 1, err: expect.stringContaining('shoumi-collector init') })
  })

  test('a rule with a fault ends serve with 2, file, line and field', async () => {
    const policy = folderOfTest()
    await writeFile(join(policy, 'a.yaml'), '- id: x\n  severity: worst\n')
    const other = join(folder, 'other.yaml')
    const text = (await readFile(config, 'utf8')).replace('dataDir: data', 'dataDir: other')
    await writeFile(other, text.replace(/policyDir: .*/, `policyDir: ${policy}`))
    await begin('init', '--config', other).done
    const ran = await begin('serve', '--config', other).done
    expect(ran).toMatchObject({ code: 2, err: expect.stringMatching(/a\.yaml:2 \/0\/severity .*expected/) })
  })

  test('a mail authority that is none ends serve with 2, the file and what to do', async () => {
    const other = join(folder, 'mail.yaml')
    const mail = `mail: { host: 127.0.0.1, port: 25, from: a@example.org, caFile: ca.der, routes: [${route}] }`
    await writeFile(other, `${(await readFile(config, 'utf8')).replace('dataDir: data', 'dataDir: mail')}${mail}\n`)
    await writeFile(join(folder, 'ca.der'), Buffer.from('3082010a02820101', 'hex'))
    await begin('init', '--config', other).done
    const ran = await begin('serve', '--config', other).done
    expect(ran).toMatchObject({ code: 2, err: expect.stringMatching(/ca\.der:1 .*openssl x509 -inform der/) })
  })

  test('init makes a one-time password once; serve runs, enrols by the line of `token create`, and stops', async () => {
    const first = await run('init')
    expect(first).toMatchObject({ code: 0, out: expect.stringContaining('one-time password') })
    const again = await run('init')
    expect([again.code, again.out.includes('one-time'), again.out.includes('user reset')]).toEqual([0, false, true])
    expect((await stat(join(folder, 'data', 'collector.db'))).mode & 0o077).toBe(0)

    const { child, ran, done } = begin('serve', '--config', config)
    await expect.poll(() => ran.out).toMatch(/agents: .*sha256:/)
    const consoleUrl = /console: (\S+)/.exec(ran.out)?.[1] ?? ''
    const agentsUrl = /agents: +(\S+)/.exec(ran.out)?.[1] ?? ''
    const healthy = await new Promise((resolve, reject) => {
      get(`${consoleUrl}/healthz`, { rejectUnauthorized: false, agent: false }, (reply) =>
        resolve(reply.resume().statusCode),
      ).once('error', reject)
    })
    expect(healthy).toBe(200)

    const token = await run('token', 'create', '--department', '综合科', '--level', 'internal', '--uses', '1')
    const [, pin = '', secret = ''] = /^COLLECTOR_URL=https:\S+ CA_PIN=(\S+) ENROL_TOKEN=(\S+)\n$/.exec(token.out) ?? []
    const root = await pinnedRoot(agentsUrl, pin)
    expect((await post(agentsUrl, root, enrolment(newIdentity(), secret))).status).toBe(200)

    const reset = await run('user', 'reset', 'admin')
    expect(reset).toMatchObject({ code: 0, out: expect.stringContaining('one-time password') })

    const before = Date.now()
    child.kill('SIGTERM')
    expect(await done).toMatchObject({ code: 0 })
    expect(Date.now() - before).toBeLessThan(5_000)
  })

  test('publish and the endpoint commands, beside serve: an agent that is connected hears of each within seconds', async () => {
    const register = join(folder, 'ledger.yaml')
    const own = join(folder, 'ledger-collector.yaml')
    const text = (await readFile(config, 'utf8')).replace('dataDir: data', 'dataDir: ledger')
    await writeFile(own, `${text}registerFile: ledger.yaml\n`)
    await writeFile(register, 'endpoints: []\n')
    const command = (...args: string[]): Promise<Ran> => begin(...args, '--config', own).done
    await command('init')
    const { child, ran, done } = begin('serve', '--config', own)
    await expect.poll(() => ran.out).toMatch(/agents: .*sha256:/)
    const [, agentsUrl = '', pin = ''] = /agents: +(\S+) \((\S+)\)/.exec(ran.out) ?? []
    const token = await command('token', 'create', '--department', '综合科', '--level', 'internal')
    const secret = /ENROL_TOKEN=(\S+)/.exec(token.out)?.[1] ?? ''
    const identity = newIdentity()
    const root = await pinnedRoot(agentsUrl, pin)
    const { body } = await post(agentsUrl, root, enrolment(identity, secret, { passport: { serial: 'S1' } }))
    const { keys } = openEnrolled(body)
    const certificate = (body['certificate'] ?? '') + (body['chain'] ?? '')
    const agent = await connectAgent(agentsUrl, { root, key: identity.key, certificate })
    agent.send(hello([], { policy: 1, register: 1, media: [] }))
    await agent.next('welcome')
    expect((await command('endpoint', 'list')).out).toMatch(
      /^#1\tpending\tinternal\t综合科\tpc-1\tpc-1\t.* connected\n$/,
    )

    await writeFile(register, 'endpoints: [{ host: pc-1, level: [] }]\n')
    expect(await command('publish')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/ledger\.yaml:1 \/endpoints\/0\//),
    })
    await writeFile(
      register,
      `endpoints: [{ host: pc-1, serial: S1, level: internal, networkKind: intranet, department: 审批科 }]
media: [{ id: JZ-1, level: internal, identity: { usbSerial: U1 } }]
`,
    )
    const planned = await command('publish', '--dry-run')
    expect(planned).toMatchObject({ code: 0, err: '' })
    expect(planned.out.split('\n')).toEqual([
      'media, part 0: 1 added (JZ-1)',
      'ledger: 1 added (pc-1)',
      'endpoint pc-1 (#1): confirmed',
      'agents concerned: 1 of 1',
      '',
    ])
    expect((await command('publish')).out).toBe(planned.out)
    const documents = await takeDocuments(agent, keys, 2)
    expect(documents.map(({ kind, version }) => [kind, version])).toEqual([
      ['media', 1],
      ['register', 2],
    ])
    expect(documents[1]?.says).toMatchObject({ endpoint: { status: 'confirmed', department: '审批科' } })
    expect((await command('publish', '--dry-run')).out).toBe('What is written is what holds already.\n')

    expect(await command('endpoint', 'retire', 'pc-9')).toMatchObject({
      code: 1,
      err: expect.stringContaining('pc-9'),
    })
    expect(await command('endpoint', 'retire', 'PC-1')).toMatchObject({ code: 0, out: 'pc-1 (#1) is retired.\n' })
    expect((await agent.next('bye')).header).toMatchObject({ reason: 'revoked' })
    expect((await command('endpoint', 'list')).out).toBe('')
    expect((await command('endpoint', 'list', '--all')).out).toContain('#1\tretired\t')
    child.kill('SIGTERM')
    expect(await done).toMatchObject({ code: 0 })
  })
})

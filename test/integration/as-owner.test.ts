/** Whoever is not the owner of the data changes nothing there, root least of all. */
import { execFile } from 'node:child_process'
import { chmod, chown, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { runProgram } from '#base/program.ts'
import { program } from '#collector/commands/program.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const repository = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const NOBODY = 65_534
const OTHER = 65_533
const TOKEN = ['token', 'create', '--department', 'D', '--level', 'internal']

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

let folder = ''
let config = ''
let made: Ran | undefined
/** With a new name, for which the certificate of the server is made anew. */
let renamed = ''

const spawned = (file: string, ...args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(process.execPath, [repository(file), ...args], (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
const by = (uid: number, file: string, ...args: readonly string[]): Promise<Ran> =>
  spawned('test/support/as-user.ts', String(uid), ...args, '--config', file)
/** As the user of this process. */
async function byRoot(file: string, ...args: readonly string[]): Promise<Ran> {
  const said = { out: '', err: '' }
  const io = {
    clock: systemClock,
    user: 'root',
    out: (line: string) => void (said.out += `${line}\n`),
    err: (line: string) => void (said.err += `${line}\n`),
    pagesDir: '',
    onHangUp: () => undefined,
  }
  const code = await runProgram(program, [...args, '--config', file], io, new AbortController().signal)
  return { code, ...said }
}
/** Each file below the data folder, with its owner. */
async function owners(): Promise<Record<string, number>> {
  const names = (await readdir(join(folder, 'data'), { recursive: true })).toSorted()
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, (await stat(join(folder, 'data', name))).uid] as const)),
  )
}

describe.skipIf(process.getuid?.() !== 0)('commands and the owner of the data', () => {
  beforeAll(async () => {
    const temporary = temporaryFolder()
    folder = temporary.path
    await chmod(folder, 0o755)
    config = join(folder, 'collector.yaml')
    renamed = join(folder, 'renamed.yaml')
    const text = `dataDir: data
agents: { host: 127.0.0.1, port: 0, publicNames: [first.example] }
console: { host: 127.0.0.1, port: 0 }
policyDir: ${repository('config/policy')}
clausesFile: ${repository('config/clauses.yaml')}
`
    await writeFile(config, text, { mode: 0o644 })
    await writeFile(renamed, text.replace('first', 'second'), { mode: 0o644 })
    await mkdir(join(folder, 'data'), { mode: 0o700 })
    await chown(join(folder, 'data'), NOBODY, NOBODY)
    made = await by(NOBODY, config, 'init')
    return temporary.remove
  })

  test('what the owner makes is the owner’s', async () => {
    expect(made).toMatchObject({ code: 0, err: '' })
    expect(new Set(Object.values(await owners()))).toEqual(new Set([NOBODY]))
    expect(await by(NOBODY, config, ...TOKEN)).toMatchObject({ code: 0, err: '' })
  })

  test.each([
    ['root', 'init'],
    ['root', 'serve'],
    ['root', 'publish'],
    ['root', 'token create', '--department', 'D', '--level', 'internal'],
    ['root', 'endpoint list'],
    ['root', 'endpoint retire', 'pc-1'],
    ['root', 'user reset', 'admin'],
    ['root', 'recorrelate'],
    ['root', 'backup', '/nowhere'],
    ['a stranger', 'token create', '--department', 'D', '--level', 'internal'],
  ])('%s is refused %s in one line that says how, and nothing has changed', async (who, name, ...rest) => {
    const before = await owners()
    const words = [...name.split(' '), ...rest]
    const ran = await (who === 'root' ? byRoot(renamed, ...words) : by(OTHER, renamed, ...words))
    expect(ran).toMatchObject({ code: 1, out: '' })
    expect(ran.err).toMatch(/^The data in \S+ belong to nobody, and this is .*: run `sudo -u nobody shoumi-collector /)
    expect(ran.err).toContain(name)
    expect(ran.err.split('\n')).toHaveLength(2)
    expect(await owners()).toEqual(before)
  })

  test('an agent records into no data of another', async () => {
    const [agent, data] = [join(folder, 'agent.yaml'), join(folder, 'agent')]
    await writeFile(agent, 'dataDir: agent\n')
    await mkdir(data)
    await chown(data, NOBODY, NOBODY)
    expect(await spawned('agent/cli.ts', 'run', '--config', agent)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/belong to nobody.*sudo -u nobody shoumi-agent run/),
    })
    expect(await readdir(data)).toEqual([])
  })

  test('a link that is planted where a key is written anew is replaced, and leads to nothing', async () => {
    const [victim, key] = [join(folder, 'victim'), join(folder, 'data', 'keys', 'server.pem')]
    await writeFile(victim, 'of root', { mode: 0o666 })
    await rm(key)
    await symlink(victim, key)
    expect(await by(NOBODY, config, ...TOKEN)).toMatchObject({ code: 0 })
    expect(await readFile(victim, 'utf8')).toBe('of root')
    expect(await readFile(key, 'utf8')).toContain('PRIVATE KEY')
    expect((await readdir(join(folder, 'data', 'keys'))).filter((name) => name.endsWith('.new'))).toEqual([])
  })
})

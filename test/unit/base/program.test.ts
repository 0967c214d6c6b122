import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { readArgs, UsageError, type ListedCommand, type Spoken } from '#base/command.ts'
import { runProgram } from '#base/program.ts'
import { folderOfTest } from '../../support/folder-of-test.ts'

const signal = new AbortController().signal
const loaded: string[] = []
const listed = (name: string, does: (args: readonly string[]) => Promise<number>): ListedCommand<Spoken> => ({
  name,
  summary: `does ${name}`,
  usage: `how to ${name}`,
  load: () => {
    loaded.push(name)
    return Promise.resolve(does)
  },
})
const program = {
  name: 'tool',
  version: '1.2.3',
  about: 'A tool.',
  commands: [
    listed('go', () => Promise.resolve(0)),
    listed('go on', (args) => Promise.resolve(args.length)),
    listed('read', (args) => Promise.resolve(readArgs(args, { fast: { type: 'boolean' } }, 1).positionals.length)),
    listed('fail', () => Promise.reject(new RangeError('Too far: come back.'))),
    listed('break', () => Promise.reject(new TypeError('unforeseen'))),
  ].toReversed(),
  exitOf: (error: unknown) => (error instanceof RangeError ? 1 : undefined),
}
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' }
  const io = { out: (line: string) => void (said.out += line), err: (line: string) => void (said.err += line) }
  return { code: await runProgram(program, args, io, signal), ...said }
}

test.for([
  ['go', 0, /^$/, /^$/],
  ['go on a b', 2, /^$/, /^$/],
  ['--help', 0, /go on +does go on.*--version/s, /^$/],
  ['-h', 0, /^tool COMMAND/, /^$/],
  ['--version', 0, /^tool 1\.2\.3$/, /^$/],
  ['go --help', 0, /^how to go$/, /^$/],
  ['go on -h', 0, /^how to go on$/, /^$/],
  ['', 2, /^$/, /^A command is missing: tool --help lists them\.$/],
  ['dance', 2, /^$/, /^dance is no command: tool --help/],
  ['read', 2, /^$/, /^Something is missing; --help says what\.$/],
  ['read a b', 2, /^$/, /^"b" is too much/],
  ['read --slow a', 2, /^$/, /--slow/],
  ['fail', 1, /^$/, /^Too far: come back\.$/],
  ['break', 1, /^$/, /^TypeError: unforeseen\n +at /],
] as const)('tool %s ends with %i', async ([words, code, out, err]) => {
  expect(await run(...words.split(' ').filter(Boolean))).toEqual({
    code,
    out: expect.stringMatching(out),
    err: expect.stringMatching(err),
  })
})

test('what is not used is not loaded', async () => {
  loaded.length = 0
  await run('--help')
  await run('--version')
  await run('dance')
  await run('go', '--help')
  expect(loaded).toEqual([])
  await run('go')
  expect(loaded).toEqual(['go'])
})

test('bad usage is an error with a message for people', () => {
  expect(() => readArgs(['--no'], {})).toThrow(UsageError)
})

test.for([
  ['agent/cli.ts --help', /^shoumi-agent COMMAND/],
  ['agent/cli.ts --version', /^shoumi-agent [0-9.]+\n$/],
  ['agent/cli.ts run --help', /^shoumi-agent run /],
  ['collector/cli.ts --help', /^shoumi-collector COMMAND/],
  ['collector/cli.ts --version', /^shoumi-collector [0-9.]+\n$/],
  ['collector/cli.ts serve --help', /^shoumi-collector serve /],
] as const)('%s reads nothing that only its commands need', async ([line, says]) => {
  const [cli = '', ...args] = line.split(' ')
  const folder = folderOfTest()
  const root = new URL('../../../', import.meta.url)
  const env = { ...process.env, NODE_V8_COVERAGE: folder } // lists every file that was loaded
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(new URL(cli, root)), ...args], { env })
  expect(stdout).toMatch(says)
  const [report = ''] = readdirSync(folder)
  const { result } = JSON.parse(readFileSync(join(folder, report), 'utf8')) as { result: { url: string }[] }
  const ours = result.flatMap(({ url }) => (url.startsWith(root.href) ? url.slice(root.href.length) : []))
  expect(ours).toContain(cli)
  const light =
    /cli\.ts$|commands\/program\.ts$|^base\/(command|program)\.ts$|^shared\/vocabulary\/clock\.ts$|^package\.json/
  expect(ours.filter((file) => !light.test(file))).toEqual([])
})

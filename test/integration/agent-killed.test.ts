/** `shoumi-agent run` as IT starts it: from the environment alone, asked nothing, ended any way. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { wholeSystem, type Stored, type WholeSystem } from '../support/whole-system.ts'
import { eventually } from '../support/eventually.ts'

const cli = fileURLToPath(new URL('../../agent/cli.ts', import.meta.url))

interface Running extends AsyncDisposable {
  readonly child: ChildProcess
  readonly said: () => string
  readonly exited: Promise<unknown[]>
}
function run(args: readonly string[], environment: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...environment },
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => void (said += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => void (said += chunk.toString()))
  const exited = once(child, 'close')
  const dispose = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  return { child, said: () => said, exited, [Symbol.asyncDispose]: dispose }
}

async function prepared(
  system: WholeSystem,
): Promise<{ config: string; medium: string; environment: Record<string, string> }> {
  const medium = join(system.directory, 'medium')
  const config = join(system.directory, 'agent.yaml')
  await mkdir(medium)
  await writeFile(config, 'dataDir: agent\ndeclaredMedia: [{ path: medium }]\n')
  const { collectors, caPin = '' } = system.configOf('agent')
  const environment = { COLLECTOR_URL: collectors.join(','), CA_PIN: caPin, ENROL_TOKEN: await system.token() }
  return { config, medium, environment }
}
const ofKind = (stored: readonly Stored[], kind: string): Stored[] => stored.filter(({ event }) => event.kind === kind)

test('killed in the middle and started again: all that was journalled is in the store once, and joins the same stay', async () => {
  await using system = await wholeSystem()
  await using _collector = await system.collect()
  const { config, medium, environment } = await prepared(system)
  {
    await using first = run(['run', '--config', config], environment)
    await eventually(async () => expect(ofKind(await system.stored(), 'medium.connected').length).toBeGreaterThan(1))
    for (let i = 0; i < 50; i++) await writeFile(join(medium, `${i}.txt`), 'x')
    await eventually(async () => expect(ofKind(await system.stored(), 'file.copy-started').length).toBeGreaterThan(10))
    first.child.kill('SIGKILL')
    await first.exited
  }
  const before = await system.stored()
  // No token any more: the identity that it has is enough.
  await using second = run(['run', '--config', config], { ...environment, ENROL_TOKEN: '' })
  await eventually(async () => {
    const stored = await system.stored()
    const [, again] = ofKind(stored, 'agent.started')
    expect(again?.event.detail).toMatchObject({ previous: { epoch: before[0]?.epoch, ended: 'unclean' } })
    const promised = Number(Object(Object(again?.event.detail).previous).size)
    const firstLog = stored.filter(({ epoch }) => epoch === before[0]?.epoch)
    expect(firstLog.map(({ index }) => index)).toEqual(Array.from({ length: promised }, (_, i) => i))
    expect(firstLog.slice(0, before.length)).toEqual(before)
    const plugs = ofKind(stored, 'medium.connected').map(({ event }) => event.subject.plug)
    expect(plugs.length).toBeGreaterThan(2)
    expect(new Set(plugs).size).toBe(1)
  })
  second.child.kill('SIGTERM')
  expect(await second.exited).toEqual([0, null])
  expect(ofKind(await system.stored(), 'agent.stopped')).toHaveLength(1)
})

test.for([
  [[], 2, 'A command is missing'],
  [['watch'], 2, 'watch is no command'],
  [['run', '--colour'], 2, "Unknown option '--colour'"],
  [['run', '--config', '/nowhere.yaml'], 2, '/nowhere.yaml:1 / cannot be read'],
  [['--help'], 0, '  run  '],
  [['--version'], 0, 'shoumi-agent 0.'],
  [['run', '--help'], 0, 'COLLECTOR_URL'],
] as const)('shoumi-agent %j ends with %i', async ([args, code, says]) => {
  await using running = run(args)
  expect(await running.exited).toEqual([code, null])
  expect(running.said()).toContain(says)
})

test('a second agent on the same data folder ends with one line that says so', async () => {
  await using system = await wholeSystem()
  const config = join(system.directory, 'agent.yaml')
  await writeFile(config, 'dataDir: agent\n')
  await using first = run(['run', '--config', config])
  await eventually(() => expect(first.said()).toContain('Recording'))
  await using second = run(['run', '--config', config])
  expect(await second.exited).toEqual([1, null])
  expect(second.said()).toMatch(/journal\.db is in use: another agent runs on this data folder\. Stop it first\.\n$/)
})

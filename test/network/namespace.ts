/** A network namespace of our own, and the network sensor in it. Needs root and iproute2. */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Coverage, Fact } from '#agent/sensors/sensor.ts'
import { eventually } from '../support/eventually.ts'

export function canMakeNamespaces(): boolean {
  try {
    execFileSync('unshare', ['-n', 'ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1'], {
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
}

export interface Namespace extends AsyncDisposable {
  name: string
  /** One command of `ip`, in words parted by blanks. */
  ip: (command: string) => Promise<void>
  /** Many, in one process. */
  batch: (commands: readonly string[]) => Promise<void>
}

let made = 0
const command = promisify(execFile)

/** With a link `v0` that has a carrier as soon as it is set up; its other end is `v1`. */
export async function makeNamespace(): Promise<Namespace> {
  const name = `shoumi-${process.pid}-${++made}`
  await command('ip', ['netns', 'add', name])
  const ip = async (words: string): Promise<void> => void (await command('ip', ['-n', name, ...words.split(' ')]))
  const batch = async (commands: readonly string[]): Promise<void> => {
    const running = command('ip', ['-n', name, '-force', '-batch', '-'])
    running.child.stdin?.end(commands.join('\n'))
    await running
  }
  await batch(['link set lo up', 'link add v0 type veth peer name v1', 'link set v1 up'])
  return { name, ip, batch, [Symbol.asyncDispose]: async () => void (await command('ip', ['netns', 'del', name])) }
}

export type Said = { mono: number } & ({ fact: Fact } | { coverage: Coverage })

export interface Harness extends AsyncDisposable {
  said: readonly Said[]
  facts: () => (Fact & { mono: number })[]
  /** Waits for a state, with a limit. */
  until: (holds: (facts: readonly Fact[]) => boolean) => Promise<void>
  judgeAnew: () => void
  kill: (signal: NodeJS.Signals) => void
  /** Asks it to stop; resolves when the process has ended well by itself. */
  stop: () => Promise<void>
}

const SCRIPT = fileURLToPath(new URL('harness.ts', import.meta.url))

/** Ready once the sensor says how well it sees. In `memoryFile`, if there is one, it remembers for the next. */
export async function startHarness(namespace: Namespace, receiveBytes = 0, memoryFile = ''): Promise<Harness> {
  const args = ['netns', 'exec', namespace.name, process.execPath, SCRIPT, String(receiveBytes)]
  const env = { ...process.env, HARNESS_MEMORY: memoryFile }
  const child = spawn('ip', args, { stdio: ['pipe', 'pipe', 'inherit'], env })
  const said: Said[] = []
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line) as Said))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const facts = () => said.flatMap((each) => ('fact' in each ? { ...each.fact, mono: each.mono } : []))
  const wait = (holds: () => boolean): Promise<void> =>
    eventually(
      () => {
        if (!holds())
          throw new Error(
            `not so: ${said
              .slice(-20)
              .map((each) => JSON.stringify(each))
              .join('\n')}`,
          )
      },
      { interval: 5 },
    )
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    const code = await ended
    if (code !== 0) throw new Error(`The harness ended with ${code}`)
  }
  await wait(() => said.some((each) => 'coverage' in each))
  return {
    said,
    facts,
    until: (holds) => wait(() => holds(facts())),
    judgeAnew: () => void child.stdin.write('\n'),
    kill: (signal) => void child.kill(signal),
    stop,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

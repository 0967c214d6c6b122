/** The two programs as they ship: bundled, each a process of its own, with data in a folder that goes away. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BUNDLES = { agent: 'dist/agent/agent.mjs', collector: 'dist/collector/collector.mjs' } as const
type Side = keyof typeof BUNDLES
const READY_MS = 30_000
const LOOK_EVERY_MS = 5

/** Throws where one of them cannot be bundled. */
export async function build(sides: readonly Side[]): Promise<void> {
  await run(process.execPath, ['scripts/build.mjs'], { cwd: ROOT })
  for (const bundle of sides.map((side) => BUNDLES[side]))
    if (!existsSync(join(ROOT, bundle))) throw new Error(`${bundle} was not built: run npm run build and see why.`)
}

export interface Running extends AsyncDisposable {
  readonly hasEnded: () => boolean
  readonly pid: number
  /** Monotonic ms, whole and fraction, when it was started; the clock is the one that counts since boot. */
  readonly startedAt: number
}

const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** Disposing stops it as a service manager would, and waits. What it writes to stderr is shown where it fails.
 *  `profile`: a folder that gets its CPU profile when it ends. */
export function start(side: Side, args: readonly string[], { profile }: { profile?: string } = {}): Running {
  const startedAt = monotonicMs()
  const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = spawn(process.execPath, [...profiling, join(ROOT, BUNDLES[side]), ...args], {
    cwd: ROOT,
    env: process.env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null
  return { pid: child.pid ?? 0, startedAt, hasEnded, [Symbol.asyncDispose]: () => stop(child) }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

/** One command of the collector; what it printed. */
const command = async (config: string, ...args: string[]): Promise<string> =>
  (await run(process.execPath, [join(ROOT, BUNDLES.collector), ...args, '--config', config], { cwd: ROOT })).stdout

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

export interface CollectorSetUp {
  readonly config: string
  readonly agentsPort: number
  readonly consoleUrl: string
  readonly storeFile: string
  /** Of the account that `init` made. */
  readonly account: { readonly name: string; readonly password: string }
  /** A token that enrols `uses` agents. */
  readonly token: (uses: number) => Promise<string>
}

/** Keys, store and configuration in the folder; nothing runs yet. `store`: a file that it begins with a copy of. */
export async function setUpCollector(folder: string, { store }: { store?: string } = {}): Promise<CollectorSetUp> {
  const [agentsPort, consolePort] = [await freePort(), await freePort()]
  const config = join(folder, 'collector.yaml')
  const dataDir = join(folder, 'collector')
  const settings = {
    dataDir,
    agents: { host: '127.0.0.1', port: agentsPort, publicNames: ['localhost'], trustedProxies: ['127.0.0.1'] },
    console: { host: '127.0.0.1', port: consolePort },
    policyDir: join(ROOT, 'config/policy'),
    clausesFile: join(ROOT, 'config/clauses.yaml'),
  }
  await writeFile(config, JSON.stringify(settings)) // JSON is YAML
  const storeFile = join(dataDir, 'collector.db')
  if (store !== undefined) {
    await mkdir(dataDir, { mode: 0o700 })
    await copyFile(store, storeFile)
    await chmod(storeFile, 0o600)
  }
  const said = await command(config, 'init')
  const [, name, password] = /Sign in as (\S+) with[^\n]*\n\s*(\S+)/.exec(said) ?? []
  if (name === undefined || password === undefined) throw new Error('`init` printed no one-time password.')
  return {
    config,
    agentsPort,
    consoleUrl: `https://localhost:${consolePort}`,
    storeFile,
    account: { name, password },
    async token(uses) {
      const scope = ['--department', '测试科', '--level', 'internal', '--uses', String(uses)]
      const line = await command(config, 'token', 'create', ...scope)
      const token = /ENROL_TOKEN=(\S+)/.exec(line)?.[1]
      if (token === undefined) throw new Error('`token create` printed no token.')
      return token
    },
  }
}

/** Monotonic ms when `/healthz` first said that all is well. */
export async function healthyAt(url: string, collector: Running): Promise<number> {
  const deadline = monotonicMs() + READY_MS
  while (!(await isHealthy(url))) {
    if (collector.hasEnded()) throw new Error('The collector ended by itself: what it said stands above.')
    if (monotonicMs() > deadline) throw new Error(`${url}/healthz was not well within ${READY_MS / 1000} s.`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  return monotonicMs()
}

const isHealthy = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const ask = request(`${url}/healthz`, { rejectUnauthorized: false, agent: false }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode === 200))
    })
    ask.once('error', () => resolve(false))
    ask.end()
  })

/** Memory of a process, as the kernel counts it, MiB. */
export async function memoryOf(pid: number): Promise<{ rss: number; anonymous: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const mib = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024
  return { rss: mib('VmRSS'), anonymous: mib('RssAnon') }
}

/** Ticks of the kernel's clock a second, in what it tells of processes. */
const TICKS = 100

/** Seconds of a core that a process has used, all its threads. */
export async function cpuOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

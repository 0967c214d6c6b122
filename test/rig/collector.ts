import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Api, isUp, signIn } from './api.ts'
import { freePort } from './free-port.ts'
import { run } from './run.ts'
import { until, within } from './until.ts'

const root = resolve(import.meta.dirname, '../..')
const cli = join(root, 'collector/cli.ts')
/** Under which the guests reach it (`forwards`); it has to be in the certificate. */
export const GUEST_SIDE = '10.0.9.2'

/** The collector as an office would run it: its own process, its command line, a config file, a store on the disk. */
export interface Collector extends AsyncDisposable {
  readonly api: Api
  readonly agentsPort: number
  readonly consoleUrl: string
  /** Of `admin`. */
  readonly password: string
  /** What `token create` prints for one more agent, as environment. */
  readonly token: (department: string, level: string) => Promise<Record<string, string>>
  /** SIGTERM, and waits for its end. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  /** What it has logged and said, for a look when a case fails. */
  readonly log: string
}
export interface CollectorSettings {
  /** YAML of `register.example.yaml`'s form. */
  readonly register: string
  readonly smtpPort: number
  /** Route name → level; each has a mailbox `<name>@office.test`. */
  readonly routes: Record<string, string>
}

export async function startCollector(folder: string, settings: CollectorSettings): Promise<Collector> {
  const [agentsPort, consolePort] = [await freePort(), await freePort()]
  const config = join(folder, 'collector.yaml')
  await writeFile(join(folder, 'register.yaml'), settings.register)
  const routes = Object.entries(settings.routes).map(
    ([name, level]) => `    - { name: ${name}, to: [${name}@office.test], level: ${level} }`,
  )
  await writeFile(
    config,
    `dataDir: ${join(folder, 'collector')}
agents: { host: 127.0.0.1, port: ${agentsPort}, publicNames: [${GUEST_SIDE}] }
console: { host: 127.0.0.1, port: ${consolePort} }
policyDir: ${join(root, 'config/policy')}
clausesFile: ${join(root, 'config/clauses.yaml')}
registerFile: ${join(folder, 'register.yaml')}
mail:
  host: 127.0.0.1
  port: ${settings.smtpPort}
  from: shoumi@office.test
  routes:
${routes.join('\n')}
`,
  )
  const command = (...args: string[]): Promise<string> => run(process.execPath, [cli, ...args, '--config', config])
  const oneTime = passwordIn(await command('init'))
  const consoleUrl = `https://127.0.0.1:${consolePort}`
  const log = join(folder, 'collector.out')
  let child: ChildProcess | undefined

  const start = async (): Promise<void> => {
    const out = await open(log, 'a')
    child = spawn(process.execPath, [cli, 'serve', '--config', config], { stdio: ['ignore', out.fd, out.fd] })
    await out.close()
    await until('the collector to answer', 30_000, () => isUp(consoleUrl))
  }
  const stop = async (): Promise<void> => {
    const ending = child
    child = undefined
    if (ending === undefined || ending.exitCode !== null) return
    ending.kill('SIGTERM')
    await within(10_000, 'the collector to stop', once(ending, 'exit'))
  }
  await start()
  const password = 'a long enough password for the rig'
  const api = await signIn(consoleUrl, oneTime, password)
  return {
    api,
    password,
    agentsPort,
    consoleUrl,
    log,
    start,
    stop,
    token: async (department, level) =>
      environmentIn(await command('token', 'create', '--department', department, '--level', level, '--uses', '1')),
    [Symbol.asyncDispose]: stop,
  }
}

function passwordIn(printed: string): string {
  const password = printed.trim().split('\n').at(-1) ?? '' // the last line, alone
  if (!/^\S{12,}$/.test(password)) throw new Error(`init printed no one-time password:\n${printed}`)
  return password
}

function environmentIn(printed: string): Record<string, string> {
  const pairs = [...printed.matchAll(/\b(COLLECTOR_URL|CA_PIN|ENROL_TOKEN)=(\S+)/g)]
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value]))
}

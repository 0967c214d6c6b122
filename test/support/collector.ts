/** A whole collector in this process, with keys, store and files of its own in a folder that goes with it. */
import { mkdir, writeFile } from 'node:fs/promises'
import { get } from 'node:https'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { loadConfig, storeFileOf, type CollectorConfig } from '#collector/config.ts'
import { startCollector, type Collector } from '#collector/main.ts'
import { openAccess } from '#collector/access/acting.ts'
import { createToken } from '#collector/ledgers/tokens.ts'
import type { Plan } from '#collector/policy/plan.ts'
import { publish } from '#collector/policy/publish.ts'
import { readWritten } from '#collector/policy/written.ts'
import { openStore, type Store } from '#collector/store/database.ts'
import { initTrust, openTrust } from '#collector/trust/trust.ts'
import type { Level } from '#shared/vocabulary/levels.ts'
import { temporaryFolder } from './temporary-folder.ts'

const config = (name: string): string => fileURLToPath(new URL(`../../config/${name}`, import.meta.url))

export interface TestCollector extends AsyncDisposable {
  readonly folder: string
  readonly config: CollectorConfig
  /** As it runs now. */
  readonly now: () => Collector
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  readonly restart: () => Promise<void>
  /** Another connection to the same store, for a look from outside. */
  readonly store: Store
  readonly token: (over?: { uses?: number; lifeMs?: number; level?: Level; department?: string }) => Promise<string>
  /** The value of one line of `/metrics`. */
  readonly metric: (name: string) => Promise<number>
  readonly writeRegister: (yaml: string) => Promise<void>
  /** As the command does, with this register where one is given; the collector that runs has noticed when it resolves. */
  readonly publish: (yaml?: string) => Promise<Plan>
}

/** `yaml`: more lines of configuration. */
export async function startTestCollector(yaml = ''): Promise<TestCollector> {
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(temporaryFolder()).path
  const writeRegister = (text: string): Promise<void> => writeFile(join(folder, 'register.yaml'), text)
  await writeRegister('endpoints: []\n')
  await mkdir(join(folder, 'pages'))
  await writeFile(
    join(folder, 'collector.yaml'),
    `dataDir: data
agents: { host: 127.0.0.1, port: 0 }
console: { host: 127.0.0.1, port: 0 }
policyDir: ${config('policy')}
clausesFile: ${config('clauses.yaml')}
registerFile: register.yaml
log: { level: debug }
${yaml}`,
  )
  const loaded = await loadConfig(join(folder, 'collector.yaml'))
  await initTrust(loaded.dataDir, systemClock.wall())
  const host = { clock: systemClock, pagesDir: join(folder, 'pages') }
  let running: Collector | undefined = await startCollector(loaded, host)
  const store = await openStore(storeFileOf(loaded))
  const access = openAccess(store, systemClock)
  const actor = { kind: 'command', id: 'test', name: 'test' } as const
  const stop = async (): Promise<void> => {
    await running?.[Symbol.asyncDispose]()
    running = undefined
  }
  const start = async (): Promise<void> => {
    running = await startCollector(loaded, host)
  }
  const now = (): Collector => {
    if (running === undefined) throw new Error('The collector is stopped.')
    return running
  }
  parts.defer(stop)
  parts.use(store)
  const kept = parts.move()
  return {
    folder,
    config: loaded,
    now,
    stop,
    start,
    restart: async () => {
      await stop()
      await start()
    },
    store,
    async token({ uses = 100, lifeMs = 3_600_000, level = 'internal', department = '综合科' } = {}) {
      const scope = { department, level, networkKind: 'intranet', uses, lifeMs } as const
      return await createToken(access, actor, { ...scope, now: systemClock.wall() })
    },
    async publish(register) {
      if (register !== undefined) await writeRegister(register)
      const trust = await openTrust(loaded.dataDir, loaded.agents.publicNames, systemClock.wall())
      const plan = await publish(await readWritten(loaded), actor, { access, trust, clock: systemClock })
      await running?.reload()
      return plan
    },
    async metric(name) {
      const text = await read(`${now().consoleUrl}/metrics`)
      const found = text.split('\n').find((each) => each.startsWith(`${name} `))
      return Number(found?.slice(name.length + 1))
    },
    writeRegister,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

const read = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    get(url, { rejectUnauthorized: false, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve(Buffer.concat(chunks).toString()))
    }).once('error', reject)
  })

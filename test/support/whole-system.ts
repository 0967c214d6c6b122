/** The whole system in this process: a real collector, real agents, TLS and the journal on the disk between them. Only
 *  the operating system under the agents is played: media are folders, declared, and there are no links. */
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AgentConfig } from '#agent/config.ts'
import { startAgent } from '#agent/main.ts'
import { openFilesOfLinux } from '#agent/platform/linux/open-files.ts'
import { portableFiles } from '#agent/platform/portable/files.ts'
import type { Platform } from '#agent/platform/platform.ts'
import { storeFileOf } from '#collector/config.ts'
import { startCollector, type Collector } from '#collector/main.ts'
import { openStore } from '#collector/store/database.ts'
import { openAtHand } from '#collector/access/at-hand.ts'
import { confirmNamed } from '#collector/ledgers/endpoint-acts.ts'
import { createToken } from '#collector/ledgers/tokens.ts'
import { publish } from '#collector/policy/publish.ts'
import { readWritten } from '#collector/policy/written.ts'
import { initTrust, openTrust } from '#collector/trust/trust.ts'
import { parseEvent, type Event } from '#shared/event/event.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { temporaryFolder } from './temporary-folder.ts'

const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const host = { clock: systemClock, user: 'test' }
const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }

/** What the store holds of an agent's life, in order. */
export interface Stored {
  readonly epoch: string
  readonly index: number
  readonly event: Event
}

export interface WholeSystem extends AsyncDisposable {
  /** A folder for whatever the test needs. */
  readonly directory: string
  /** Starts the collector, or starts it again, at the same address. */
  readonly collect: () => Promise<Collector>
  /** A new enrolment token, once the collector ran for the first time. */
  readonly token: (uses?: number) => Promise<string>
  /** An agent's config; what is not given points to this collector. */
  readonly configOf: (name: string, over?: Partial<AgentConfig>) => AgentConfig
  readonly runAgent: (config: AgentConfig) => Promise<AsyncDisposable>
  readonly registerFile: string
  /** As the command does; the collector that runs notices by itself, or by `reload`. */
  readonly publish: () => Promise<void>
  /** `endpoint confirm NAME`. */
  readonly confirm: (name: string) => Promise<void>
  readonly stored: () => Promise<Stored[]>
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve())
  })

/** A computer without media and links of its own. */
const platform: Platform = {
  media: { watch: ({ cover }, signal) => (cover({ state: 'watching' }), aborted(signal)) },
  links: { watch: ({ cover }, signal) => (cover({ state: 'watching' }), aborted(signal)) },
  boot: () => '44444444-4444-4444-8444-444444444444',
  files: portableFiles(openFilesOfLinux()),
  host: { name: 'counter-03', system: 'Linux for tests' },
  machine: async () => ({ macs: ['52:54:00:00:30:03'] }),
  passport: async () => ({ macs: ['52:54:00:00:30:03'] }),
}

/** What cannot be gone on from fails the test. */
export const runAgent = (config: AgentConfig, clock = systemClock): Promise<AsyncDisposable> =>
  startAgent(config, {
    clock,
    log: silent,
    platform,
    version: '0.0.0-test',
    crash: (error) => {
      throw error
    },
  })

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

export async function wholeSystem(): Promise<WholeSystem> {
  const { path: directory, remove } = temporaryFolder()
  const port = await freePort()
  const registerFile = join(directory, 'register.yaml')
  await writeFile(registerFile, 'endpoints: []\n')
  const collectorConfig = {
    dataDir: join(directory, 'collector'),
    agents: { host: '127.0.0.1', port, publicNames: ['localhost'], trustedProxies: [] },
    console: { host: '127.0.0.1', port: 0 },
    policyDir: here('config/policy'),
    clausesFile: here('config/clauses.yaml'),
    registerFile,
    log: { level: 'error' as const, file: join(directory, 'collector.log') },
  }
  await mkdir(collectorConfig.dataDir)
  await initTrust(collectorConfig.dataDir, systemClock.wall())
  const { caPin } = await openTrust(collectorConfig.dataDir, collectorConfig.agents.publicNames, systemClock.wall())

  return {
    directory,
    registerFile,
    collect: () => startCollector(collectorConfig, { clock: systemClock, pagesDir: here('dist/console') }),
    async token(uses = 1) {
      await using hand = await openAtHand(collectorConfig, 'token create', host)
      const scope = { department: '行政审批科', level: 'internal', networkKind: 'intranet', uses } as const
      return await createToken(hand.access, hand.actor, { ...scope, lifeMs: 3_600_000, now: systemClock.wall() })
    },
    async publish() {
      await using hand = await openAtHand(collectorConfig, 'publish', host)
      const trust = await openTrust(collectorConfig.dataDir, collectorConfig.agents.publicNames, systemClock.wall())
      const publisher = { access: hand.access, trust, clock: systemClock }
      await publish(await readWritten(collectorConfig), hand.actor, publisher)
    },
    async confirm(name) {
      await using hand = await openAtHand(collectorConfig, 'endpoint confirm', host)
      await confirmNamed(hand.access, hand.actor, { name, line: undefined, mailboxes: [], clock: systemClock })
    },
    configOf: (name, over = {}) => ({
      collectors: [`https://localhost:${port}`],
      caPin,
      dataDir: join(directory, name),
      journalLimitBytes: 64 * 1024 * 1024,
      declaredMedia: [],
      log: { level: 'error' },
      ...over,
    }),
    runAgent,
    async stored() {
      await using store = await openStore(storeFileOf(collectorConfig))
      const rows = await store.read((tx) =>
        tx
          .selectFrom('entry')
          .innerJoin('log', 'log.id', 'entry.log_id')
          .select(['log.epoch', 'entry.idx', 'entry.line'])
          .orderBy('log.id')
          .orderBy('entry.idx')
          .execute(),
      )
      return rows.map(({ epoch, idx, line }) => {
        const parsed = parseEvent(Buffer.from(line ?? []).toString())
        if (!parsed.ok) throw new Error(parsed.reason)
        return { epoch, index: idx, event: parsed.event }
      })
    },
    [Symbol.asyncDispose]: async () => remove(),
  }
}

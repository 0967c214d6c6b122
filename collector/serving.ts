/** What a collector is to whoever started it, and the console that it serves, whether all of it runs or a stand-in. */
import type { Log } from '#base/log.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { startApi, type Api } from './api/app.ts'
import type { Conditions } from './conditions.ts'
import { agentsUrlOf, type CollectorConfig } from './config.ts'
import type { Ports } from './despite-faults.ts'
import type { Metrics } from './metrics.ts'
import type { Documents } from './policy/documents.ts'
import { STORE_FAILED } from './store-health.ts'
import type { Trust } from './trust/trust.ts'

export interface Host {
  readonly clock: Clock
  /** The folder with the built console. */
  readonly pagesDir: string
  /** Of this program. */
  readonly version?: string
}

export interface Collector extends AsyncDisposable {
  /** For agents. */
  readonly agentsUrl: string
  /** For people. */
  readonly consoleUrl: string
  readonly caPin: string
  /** Reads the clauses again, takes hold of what was published, and says by a condition whether what is written is what
   *  holds. Never rejects. */
  readonly reload: () => Promise<void>
}

/** What outlives one try to run all of it. */
export interface Ground {
  readonly config: CollectorConfig
  readonly host: Host
  readonly log: Log
  readonly metrics: Metrics
  readonly conditions: Conditions
  readonly trust: Trust
}

type ConsoleParts = Pick<Parameters<typeof startApi>[1], 'access' | 'live' | 'outbox'> & {
  readonly documents: Documents
}

export const startConsole = (
  { config, host, log, metrics, conditions, trust }: Ground,
  { documents, ...parts }: ConsoleParts,
  ports: Ports | undefined,
): Promise<Api> =>
  startApi(
    { ...config.console, ...(ports && { port: ports.console }), pagesDir: host.pagesDir },
    {
      ...parts,
      clock: host.clock,
      ...(config.level !== undefined && { level: config.level }),
      counts: metrics,
      texts: documents,
      conditions: conditions.all,
      health: () => conditions.all().find(({ code }) => code === STORE_FAILED)?.code,
      metrics: metrics.text,
      refused: metrics.peerRefused,
      feedRefused: metrics.feedRefused,
      log,
      tls: trust.server,
    },
  )

interface Served {
  readonly agentsPort: number
  readonly api: Api
  readonly reload: () => Promise<void>
}

/** Says where it is found, and gives it to whoever started it; disposing it closes `parts`. */
export function running(
  parts: AsyncDisposableStack,
  { config, log, trust }: Ground,
  { agentsPort, api, reload }: Served,
): Collector {
  const consoleUrl = consoleUrlOf(config, api)
  const agentsUrl = agentsUrlOf(config, agentsPort)
  log.info('Collector started', { agentsUrl, consoleUrl, caPin: trust.caPin })
  return { agentsUrl, consoleUrl, caPin: trust.caPin, reload, [Symbol.asyncDispose]: () => parts.disposeAsync() }
}

/** How people call its console. */
const consoleUrlOf = ({ agents, console: { host } }: CollectorConfig, { url }: Api): string =>
  `https://${host.startsWith('127.') ? 'localhost' : (agents.publicNames[0] ?? 'localhost')}:${Number(new URL(url).port)}`

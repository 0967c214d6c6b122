/** The composition root: the way of the data, top to bottom. What is opened first closes last; importing it does nothing. */
import { join } from 'node:path'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { ConfigError } from '#shared/vocabulary/yaml.ts'
import { openConditions } from './conditions.ts'
import type { CollectorConfig } from './config.ts'
import { openCommitter } from './ingest/committer.ts'
import { startListener } from './ingest/listener.ts'
import { openLive } from './live.ts'
import { openLog } from './log.ts'
import { openMetrics } from './metrics.ts'
import { openDocuments } from './policy/documents.ts'
import { openStore } from './store/database.ts'
import { setAllDisconnected } from './store/endpoints.ts'
import { openTrust } from './trust/trust.ts'

export interface Host {
  readonly clock: Clock
}

export interface Collector extends AsyncDisposable {
  /** For agents. */
  readonly agentsUrl: string
  readonly caPin: string
  /** Reads rules, clauses and register again and hands over what changed; what cannot be read is a condition, and the
   *  old stays in force. Never rejects. */
  readonly reload: () => Promise<void>
}

export const storeFileOf = (config: Pick<CollectorConfig, 'dataDir'>): string => join(config.dataDir, 'collector.db')

/** How agents call this collector. */
export const agentsUrlOf = ({ agents }: Pick<CollectorConfig, 'agents'>, port = agents.port): string =>
  `https://${agents.publicNames[0] ?? 'localhost'}:${port}`

/** Takes agents when it resolves. Rejects with ConfigError or TrustError where it cannot start, and then nothing is open.
 *  Disposing says `bye` to the agents and ends within 5 s. */
export async function startCollector(config: CollectorConfig, { clock }: Host): Promise<Collector> {
  await using parts = new AsyncDisposableStack()
  const log = parts.use(openLog(config))
  const metrics = openMetrics(log)
  const conditions = openConditions(clock, log)
  const live = openLive()
  const trust = await openTrust(config.dataDir, config.agents.publicNames, clock.wall())
  const store = parts.use(await openStore(storeFileOf(config)))
  await setAllDisconnected(store.db)
  const documents = await openDocuments(config, { store, trust, clock })
  const committer = openCommitter(store, {
    clock,
    live,
    channels: [],
    onCommit: ({ forks }) => forks.forEach(metrics.forkSeen),
  })
  const listener = parts.use(
    await startListener(config.agents, { store, committer, documents, trust, clock, live, metrics, log }),
  )
  const agentsUrl = agentsUrlOf(config, listener.port)
  log.info('Collector started', { agentsUrl, caPin: trust.caPin })
  const open = parts.move()
  return {
    agentsUrl,
    caPin: trust.caPin,
    async reload() {
      try {
        await documents.reload()
        conditions.clear('documents.not-read')
        await listener.pushDocuments()
      } catch (error) {
        const text = error instanceof ConfigError ? error.message : String(error)
        conditions.raise({
          code: 'documents.not-read',
          severity: 'high',
          text: text.slice(0, 1024),
          todo: 'Mend the file and send SIGHUP again; until then the documents before it are in force.',
        })
      }
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

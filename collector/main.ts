/** The composition root: the way of the data, top to bottom. What is opened first closes last; importing it does nothing. */
import { highestLevel, levels, type Level } from '#shared/vocabulary/levels.ts'
import { rfc3339, type Clock } from '#shared/vocabulary/clock.ts'
import { mailChannels } from './alerts/channels/mail.ts'
import { startOutbox, type Outbox } from './alerts/outbox.ts'
import { channelsOf } from './alerts/routes.ts'
import { startApi } from './api/app.ts'
import { openConditions, type Conditions } from './conditions.ts'
import { storeFileOf, type CollectorConfig } from './config.ts'
import { openCommitter, type Committer } from './ingest/committer.ts'
import { startListener } from './ingest/listener.ts'
import { rereadQuarantined } from './ingest/reread.ts'
import { openLive } from './live.ts'
import { openLog, type Log } from './log.ts'
import { openMetrics } from './metrics.ts'
import { openDocuments, type Documents } from './policy/documents.ts'
import { openStore, type Store } from './store/database.ts'
import { levelsInUse, setAllDisconnected } from './store/endpoints.ts'
import { openHot } from './store/hot.ts'
import { openTrust, type Trust } from './trust/trust.ts'

export interface Host {
  readonly clock: Clock
  /** The folder with the built console. */
  readonly pagesDir: string
}

export interface Collector extends AsyncDisposable {
  /** For agents. */
  readonly agentsUrl: string
  /** For people. */
  readonly consoleUrl: string
  readonly caPin: string
  /** Reads rules, clauses and register again and hands over what changed; what cannot be read is a condition, and what
   *  was before stays in force. Never rejects. */
  readonly reload: () => Promise<void>
}

export { storeFileOf }

/** How agents call this collector. */
export const agentsUrlOf = ({ agents }: Pick<CollectorConfig, 'agents'>, port = agents.port): string =>
  `https://${agents.publicNames[0] ?? 'localhost'}:${port}`

/** How people call its console. */
const consoleUrlOf = ({ agents, console: { host } }: CollectorConfig, port: number): string =>
  `https://${host.startsWith('127.') ? 'localhost' : (agents.publicNames[0] ?? 'localhost')}:${port}`

/** Takes agents when it resolves. Rejects with ConfigError or TrustError where it cannot start, and then nothing is open.
 *  Disposing says `bye` to the agents and ends within 5 s. */
export async function startCollector(config: CollectorConfig, { clock, pagesDir }: Host): Promise<Collector> {
  await using parts = new AsyncDisposableStack()
  const log = parts.use(openLog(config))
  const metrics = openMetrics(log)
  const conditions = openConditions(clock, log)
  metrics.include(conditions.lines)
  const live = openLive()
  const trust = await openTrust(config.dataDir, config.agents.publicNames, clock.wall())
  const store = parts.use(await openStore(storeFileOf(config)))
  await setAllDisconnected(store.db)
  const documents = await openDocuments(config, { store, trust, clock, conditions })
  const channels = channelsOf(config.mail?.routes)
  const understood = await rereadQuarantined(store, openHot(store), { channels, now: clock.wall() })
  if (understood > 0) log.info('Entries that an older version could not read are read now', { entries: understood })
  const outbox = parts.use(await startAlerts(config, { store, clock, log, trust, documents }))
  const committer = openCommitter(store, {
    clock,
    live,
    channels,
    onCommit({ forks, entries }) {
      metrics.entriesCommitted(entries)
      for (const agent of forks) metrics.forkSeen(agent)
      outbox.wake()
    },
  })
  const listener = parts.use(
    await startListener(config.agents, {
      store,
      committer: watched(committer, conditions),
      documents,
      trust,
      clock,
      live,
      metrics,
      log,
    }),
  )
  const api = parts.use(
    await startApi(
      { ...config.console, pagesDir },
      {
        store,
        clock,
        live,
        texts: { rule: documents.ruleTitle, clause: documents.clause },
        conditions: conditions.all,
        metrics: metrics.text,
        tooMany: (peer) => metrics.peerRefused('too-many', peer),
        log,
        tls: trust.server,
      },
    ),
  )
  const consoleUrl = consoleUrlOf(config, Number(new URL(api.url).port))
  const agentsUrl = agentsUrlOf(config, listener.port)
  log.info('Collector started', { agentsUrl, consoleUrl, caPin: trust.caPin })
  const all = parts.move()
  return {
    agentsUrl,
    consoleUrl,
    caPin: trust.caPin,
    reload: () => reload(documents, listener.pushDocuments, conditions),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

function startAlerts(
  config: CollectorConfig,
  parts: { store: Store; clock: Clock; log: Log; trust: Trust; documents: Documents },
): Promise<Outbox> {
  const { store, clock, log, trust, documents } = parts
  const level = async (): Promise<Level> => {
    const inUse = await levelsInUse(store.db)
    return config.level ?? highestLevel(levels.filter((each) => inUse.includes(each)))
  }
  const time = (wall: number): string => rfc3339(wall, clock.offset(wall))
  const texts = { ruleTitle: documents.ruleTitle, clause: documents.clause, time }
  const channels =
    config.mail === undefined ? [] : mailChannels(config.mail, { collector: trust.collector, level, texts })
  return startOutbox({ channels }, { db: store.db, clock, log })
}

/** What the store does not take is a condition until it takes something again; the agents keep it meanwhile. */
const watched = ({ gate, submit }: Committer, conditions: Conditions): Committer => ({
  gate,
  async submit(batch) {
    try {
      await submit(batch)
      conditions.clear('store.failed')
    } catch (error) {
      conditions.raise({
        code: 'store.failed',
        severity: 'critical',
        text: `The store takes nothing: ${String(error)}`.slice(0, 1024),
        todo: 'Make room on the disk of dataDir, or see to it; agents keep what they record and send it again.',
      })
      throw error
    }
  },
})

async function reload(documents: Documents, push: () => Promise<void>, conditions: Conditions): Promise<void> {
  try {
    await documents.reload()
    conditions.clear('documents.not-read')
    await push()
  } catch (error) {
    conditions.raise({
      code: 'documents.not-read',
      severity: 'high',
      text: (error instanceof Error ? error.message : String(error)).slice(0, 1024),
      todo: 'Mend the file and send SIGHUP again; until then what was read before is in force.',
    })
  }
}

/** The composition root: the way of the data, top to bottom. What is opened first closes last; importing it does nothing. */
import type { Level } from '#shared/vocabulary/levels.ts'
import { rfc3339 } from '#shared/vocabulary/clock.ts'
import { collectorActor, openAccess } from './access/acting.ts'
import type { Channel } from './alerts/channels/channel.ts'
import { checkCaFile } from './alerts/channels/mail-files.ts'
import { mailChannels } from './alerts/channels/mail.ts'
import { startOutbox, type Outbox } from './alerts/outbox.ts'
import { dailyOf } from './alerts/routes.ts'
import { openConditions } from './conditions.ts'
import { storeFileOf, type CollectorConfig } from './config.ts'
import { startDespiteFaults, type Ports } from './despite-faults.ts'
import { startFolding } from './folding.ts'
import { openCommitter } from './ingest/committer.ts'
import { startListener } from './ingest/listener.ts'
import { rereadQuarantined } from './ingest/reread.ts'
import { levelHere } from './ledgers/level.ts'
import { openLive, type Live } from './live.ts'
import { openLog } from './log.ts'
import { openMetrics } from './metrics.ts'
import { openDocuments, type Documents } from './policy/documents.ts'
import { watchDocuments } from './policy/watch.ts'
import { running, startConsole, type Collector, type Ground, type Host } from './serving.ts'
import { startStandIn, takesSomething } from './stand-in.ts'
import { setAllDisconnected } from './store/agents.ts'
import { openStore, type Store } from './store/database.ts'
import { takeForm } from './store/form.ts'
import { openHot } from './store/hot.ts'
import { STORE_FAILED, watchStore } from './store-health.ts'
import { openTrust } from './trust/trust.ts'
import { watchServerCertificate } from './trust/watch-server.ts'

export type { Collector, Host }

/** Takes agents when it resolves; where the store takes nothing it serves what can be read, says so, and takes agents as
 *  soon as it does. Rejects with ConfigError, TrustError or StoreError where it cannot start, and then nothing is open.
 *  Disposing says `bye` to the agents and ends within 5 s. */
export async function startCollector(config: CollectorConfig, host: Host): Promise<Collector> {
  await using parts = new AsyncDisposableStack()
  const { clock } = host
  if (config.mail) await checkCaFile(config.mail)
  const log = parts.use(openLog(config))
  const metrics = openMetrics(log)
  const conditions = openConditions(clock, log)
  metrics.include(conditions.lines)
  const trust = await openTrust(config.dataDir, config.agents.publicNames, clock.wall())
  const ground = { config, host, log, metrics, conditions, trust }
  const collector = await startDespiteFaults({
    whole: (ports) => startWhole(ground, ports),
    standIn: (fault, ports) => startStandIn(ground, fault, ports),
    isWell: () => takesSomething(config),
    clock,
    log,
  })
  parts.use(collector)
  const all = parts.move()
  return {
    get agentsUrl() {
      return collector.agentsUrl
    },
    get consoleUrl() {
      return collector.consoleUrl
    },
    caPin: trust.caPin,
    reload: collector.reload,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

async function startWhole(ground: Ground, ports: Ports | undefined): Promise<Collector> {
  const { config, host, log, metrics, conditions, trust } = ground
  const { clock } = host
  await using parts = new AsyncDisposableStack()
  const live = openLive()
  const watched = watchStore(parts.use(await openStore(storeFileOf(config), clock)), { conditions, clock })
  const { store } = parts.use(watched)
  await store.write(setAllDisconnected)
  if (await store.write(takeForm)) log.info('An older version wrote the incidents: they are folded anew')
  conditions.clear(STORE_FAILED)

  const access = openAccess(store, clock)
  const actor = collectorActor(trust.collector)
  const documents = await openDocuments(config, { store, access, trust, clock, conditions, actor })
  const understood = await rereadQuarantined(store, openHot(store))
  if (understood > 0) log.info('Entries that an older version could not read are read now', { entries: understood })

  const outbox = parts.use(
    startOutbox(
      {
        channels: channelsOf(ground, store, documents),
        daily: config.mail && dailyOf(config.mail.routes, config.mail.daily),
      },
      { store, clock, conditions, log },
    ),
  )
  const told = { mailboxes: outbox.mailboxes }
  const changed = (ids: readonly string[]): void => {
    for (const id of ids) live.changed({ type: 'incident', id })
    if (ids.length > 0) outbox.wake()
  }
  const folding = parts.use(
    startFolding(
      { store, told: () => ({ ...told, now: clock.wall() }), version: host.version ?? 'unknown', changed },
      { clock, log },
    ),
  )
  const committer = openCommitter(store, {
    clock,
    live,
    ...told,
    onCommit({ forks, entries, stale }) {
      metrics.entriesCommitted(entries)
      for (const agent of forks) metrics.forkSeen(agent)
      outbox.wake()
      if (stale) folding.wake()
    },
  })
  const agents = { ...config.agents, ...(ports && { port: ports.agents }) }
  const listener = parts.use(
    await startListener(agents, { store, access, committer, documents, conditions, trust, clock, live, metrics, log }),
  )
  const api = parts.use(await startConsole(ground, { access, live, outbox, documents }, ports))
  parts.use(
    watchServerCertificate({
      trust,
      swap: (tls) => (listener.useCertificate(tls), api.useCertificate(tls)),
      clock,
      conditions,
      log,
    }),
  )
  const documentWatch = parts.use(
    watchDocuments({ documents, push: listener.pushDocuments, onNews: () => changedBeside(live, outbox), clock, log }),
  )

  metrics.use([watched.lines, outbox.lines])
  return running(parts.move(), ground, {
    agentsPort: listener.port,
    api,
    reload: async () => {
      await documents.compare()
      await documentWatch.look()
    },
  })
}

/** A command retired an endpoint, say: what ended with it is shown and told. Whoever watches reads all that is new. */
function changedBeside(live: Live, outbox: Pick<Outbox, 'wake'>): void {
  live.changed({ type: 'incident', id: 'beside' })
  outbox.wake()
}

function channelsOf({ config, host: { clock }, trust }: Ground, store: Store, documents: Documents): Channel[] {
  if (config.mail === undefined) return []
  const level = (): Promise<Level> => store.read((tx) => levelHere(tx, config.level))
  const time = (wall: number): string => rfc3339(wall, clock.offset(wall))
  const texts = { ruleTitle: documents.ruleTitle, clause: documents.clause, time }
  return mailChannels(config.mail, { collector: trust.collector, level, texts })
}

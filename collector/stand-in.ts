/** A collector whose store takes nothing: it serves what can be read and says what is wrong, until the store does again. */
import { collectorActor, openAccess } from './access/acting.ts'
import { storeFileOf, type CollectorConfig } from './config.ts'
import type { Ports } from './despite-faults.ts'
import { startClosedListener } from './ingest/closed-listener.ts'
import { openLive } from './live.ts'
import { openDocuments } from './policy/documents.ts'
import { running, startConsole, type Collector, type Ground } from './serving.ts'
import { STORE_FAILED } from './store-health.ts'
import { openStore, openStoreForReading } from './store/database.ts'
import { touchStore } from './store/probe.ts'

/** Nothing can be written: lists and health are shown, agents hear when to come again. */
export async function startStandIn(ground: Ground, fault: unknown, ports: Ports | undefined): Promise<Collector> {
  const { config, host, log, metrics, conditions, trust } = ground
  const { clock } = host
  await using parts = new AsyncDisposableStack()
  conditions.raise(STORE_FAILED, { error: String(fault) })
  const store = parts.use(await openStoreForReading(storeFileOf(config), fault, clock))
  const access = openAccess(store, clock)
  const actor = collectorActor(trust.collector)
  const documents = await openDocuments(config, { store, access, trust, clock, conditions, actor })
  const agents = { ...config.agents, ...(ports && { port: ports.agents }) }
  const listener = parts.use(await startClosedListener(agents, { trust, clock, metrics, log }))
  const outbox = { wake: () => undefined, mailboxes: [], test: () => Promise.resolve('busy' as const) }
  const api = parts.use(await startConsole(ground, { access, live: openLive(), outbox, documents }, ports))
  metrics.use([])
  return running(parts.move(), ground, { agentsPort: listener.port, api, reload: documents.compare })
}

/** Whether the store can be opened and written. */
export async function takesSomething(config: CollectorConfig): Promise<boolean> {
  try {
    await using store = await openStore(storeFileOf(config))
    await store.write(touchStore)
    return true
  } catch {
    return false // what is wrong with it has been said; here it is only asked whether it still is
  }
}

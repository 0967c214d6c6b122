/** The agents' listener on a store of its own, without the rest of the collector. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { collectorActor, openAccess, type Access } from '#collector/access/acting.ts'
import { openConditions } from '#collector/conditions.ts'
import { openCommitter } from '#collector/ingest/committer.ts'
import { startListener, type Listener, type ListenerLimits } from '#collector/ingest/listener.ts'
import { openLive } from '#collector/live.ts'
import { openMetrics, type PeerFault } from '#collector/metrics.ts'
import { openDocuments } from '#collector/policy/documents.ts'
import { openStore, type Store } from '#collector/store/database.ts'
import type { Tx } from '#collector/store/schema.ts'
import { insertToken } from '#collector/store/tokens.ts'
import { tokenHash } from '#collector/trust/tokens.ts'
import { initTrust, openTrust, type Trust } from '#collector/trust/trust.ts'
import { connectAgent, enrolment, newIdentity, pinnedRoot, post, type Agent } from '../independent/client.ts'
import { temporaryFolder } from './temporary-folder.ts'

const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined }
const config = (name: string): string => fileURLToPath(new URL(`../../config/${name}`, import.meta.url))

export type Enrolled = ReturnType<typeof newIdentity> & { readonly root: string; readonly certificate: string }

export interface TestListener extends AsyncDisposable {
  readonly listener: Listener
  readonly url: string
  readonly trust: Trust
  readonly store: Store
  readonly storeFile: string
  readonly access: Access
  readonly root: string
  /** A new agent. */
  readonly enrolled: () => Promise<Enrolled>
  readonly connect: (who: Enrolled) => Promise<Agent>
  /** Peers sent away for that reason. */
  readonly refused: (reason: PeerFault) => number
  /** Transactions that changed something. */
  readonly commits: () => number
}

export async function startTestListener(limits?: ListenerLimits): Promise<TestListener> {
  await using parts = new AsyncDisposableStack()
  const dataDir = parts.use(temporaryFolder()).path
  const clock = systemClock
  const now = clock.wall()
  await initTrust(dataDir, now)
  const trust = await openTrust(dataDir, [], now)
  const storeFile = join(dataDir, 'store.db')
  const opened = parts.use(await openStore(storeFile))
  let commits = 0
  const store: Store = {
    ...opened,
    write: <T>(run: (tx: Tx) => Promise<T>): Promise<T> => {
      commits += 1
      return opened.write(run)
    },
  }
  const scope = { department: '综合科', level: 'internal', network_kind: 'intranet' }
  const uses = { uses_left: 999, expires_at: now + 600_000, created_at: now }
  await store.write((tx) => insertToken(tx, { hash: tokenHash('token'), ...scope, ...uses }))
  const files = { policyDir: config('policy'), clausesFile: config('clauses.yaml') }
  const [conditions, access, actor] = [openConditions(clock, quiet), openAccess(store, clock), collectorActor('test')]
  const documents = await openDocuments(files, { store, access, trust, clock, conditions, actor })
  const live = openLive()
  const metrics = openMetrics(quiet)
  const committer = openCommitter(store, { clock, live, mailboxes: [], onCommit: () => undefined })
  const all = { store, access, committer, documents, conditions, trust, clock, live, metrics, log: quiet }
  const where = { host: '127.0.0.1', port: 0 }
  const listener = parts.use(await startListener(limits === undefined ? where : { ...where, limits }, all))
  const url = `https://localhost:${listener.port}`
  const root = await pinnedRoot(url, trust.caPin)
  const kept = parts.move()
  return {
    listener,
    url,
    trust,
    store,
    storeFile,
    access,
    root,
    async enrolled() {
      const identity = newIdentity()
      const { status, body } = await post(url, root, enrolment(identity, 'token'))
      if (status !== 200) throw new Error(`not enrolled: ${JSON.stringify(body)}`)
      return { root, ...identity, certificate: (body['certificate'] ?? '') + (body['chain'] ?? '') }
    },
    connect: (who) => connectAgent(url, who),
    refused: (reason) => Number(new RegExp(`reason="${reason}"} (\\d+)`).exec(metrics.text())?.[1]),
    commits: () => commits,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** A real store in a folder of its own, with one endpoint in it, and batches as ingest would hand them over. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Event } from '#shared/event/event.ts'
import { append, emptyFrontier, leafHash } from '#shared/evidence/merkle.ts'
import { parseTime } from '#shared/vocabulary/clock.ts'
import type { VerifiedBatch, VerifiedEntry } from '#collector/ingest/batch.ts'
import { openStore, type Store } from '#collector/store/database.ts'
import { insertAgent, type NewAgent } from '#collector/store/agents.ts'
import { insertEndpoint, type NewEndpoint } from '#collector/store/endpoints.ts'

export interface TestStore extends AsyncDisposable {
  readonly store: Store
  readonly file: string
}

export async function openTestStore(): Promise<TestStore> {
  await using parts = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'store-'))
  parts.defer(() => rm(folder, { recursive: true }))
  const file = join(folder, 'store.sqlite')
  const store = parts.use(await openStore(file))
  const kept = parts.move()
  return { store, file, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

export const agentOf = (n: number): string => `${String(n).repeat(8)}-1111-4111-8111-111111111111`

/** A confirmed endpoint and its agent; gives the agent's row number, which is that of the endpoint too where every endpoint
 *  of the store was made here. */
export const addEndpoint = (store: Store, n: number, over: Partial<NewEndpoint & NewAgent> = {}): Promise<number> =>
  store.write(async (tx) => {
    const { agent, verifier_key, certificate_serial, endpoint_id, passport, machine, enrolled_at, ...line } = over
    const made = await insertEndpoint(tx, {
      host: `pc-${n}`,
      name: `办公-${n}`,
      department: '综合科',
      responsible: '张三',
      level: 'internal',
      network_kind: 'intranet',
      allowed_networks: null,
      cards: null,
      gateway_macs: null,
      status: 'confirmed',
      made_at: 0,
      ...line,
    })
    return insertAgent(tx, {
      agent: agent ?? agentOf(n),
      verifier_key: verifier_key ?? '',
      certificate_serial: certificate_serial ?? String(n),
      endpoint_id: endpoint_id ?? made,
      host: line.host ?? `pc-${n}`,
      passport: passport ?? '{}',
      machine: machine ?? '{}',
      enrolled_at: enrolled_at ?? 0,
    })
  })

export const epochOf = (n: number): string => `${String(n).repeat(8)}-2222-4222-8222-222222222222`

/** One log's entries from its beginning; received as soon as they happened. */
export function batchOf(
  endpoint: { id: number; agent: string },
  entries: readonly (Event | VerifiedEntry)[],
  over: { epoch?: string; receivedAt?: number; previous?: string } = {},
): VerifiedBatch {
  const verified = entries.map((entry): VerifiedEntry => {
    if ('state' in entry) return entry
    return { state: 'event', event: entry, line: Buffer.from(JSON.stringify(entry)) }
  })
  const leaves = verified.map((entry) => (entry.state === 'tombstone' ? entry.leaf : leafHash(entry.line)))
  const newest = entries.findLast((entry): entry is Event => !('state' in entry))
  return {
    endpoint,
    log: {
      epoch: over.epoch ?? epochOf(1),
      from: 0,
      frontier: append(emptyFrontier, leaves),
      checkpoint: 'checkpoint',
      ...(over.previous !== undefined && { previous: over.previous }),
    },
    entries: verified,
    receivedAt: over.receivedAt ?? (newest ? parseTime(newest.at) : 0),
  }
}

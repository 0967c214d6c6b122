/** A real store in a folder of its own, with one endpoint in it, and batches as ingest would hand them over. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Event } from '#shared/event/event.ts'
import { append, emptyFrontier, leafHash, type Frontier } from '#shared/evidence/merkle.ts'
import { parseTime } from '#shared/vocabulary/clock.ts'
import type { VerifiedBatch, VerifiedEntry } from '#collector/ingest/batch.ts'
import type { LogStart } from '#collector/ingest/verify.ts'
import { openStore, type Store } from '#collector/store/database.ts'
import { insertAgent, type NewAgent } from '#collector/store/agents.ts'
import { insertEndpoint, type NewEndpoint } from '#collector/store/endpoints.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface TestStore extends AsyncDisposable {
  readonly store: Store
  readonly file: string
}

/** The bytes of a store with its tables and nothing in it, made once: making the tables takes longer than most tests. */
let template: Promise<Buffer> | undefined
async function makeTemplate(): Promise<Buffer> {
  using folder = temporaryFolder()
  const file = join(folder.path, 'store.sqlite')
  await (await openStore(file))[Symbol.asyncDispose]()
  return await readFile(file)
}

export async function openTestStore(): Promise<TestStore> {
  await using parts = new AsyncDisposableStack()
  const file = join(parts.use(temporaryFolder()).path, 'store.sqlite')
  await writeFile(file, await (template ??= makeTemplate()))
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
  agent: { id: number; agent: string },
  entries: readonly (Event | VerifiedEntry)[],
  over: { epoch?: string; receivedAt?: number; previous?: NonNullable<LogStart['previous']>; boot?: string } = {},
): VerifiedBatch {
  return nextBatchOf(agent, entries, { ...over, after: emptyFrontier })
}

/** The entries that follow on those of that frontier. */
export function nextBatchOf(
  agent: { id: number; agent: string },
  entries: readonly (Event | VerifiedEntry)[],
  over: {
    after: Frontier
    epoch?: string
    receivedAt?: number
    previous?: NonNullable<LogStart['previous']>
    boot?: string
  },
): VerifiedBatch {
  const verified = entries.map((entry): VerifiedEntry => {
    if ('state' in entry) return entry
    return { state: 'event', event: entry, line: Buffer.from(JSON.stringify(entry)) }
  })
  const leaves = verified.map((entry) => (entry.state === 'tombstone' ? entry.leaf : leafHash(entry.line)))
  const events = entries.filter((entry): entry is Event => !('state' in entry))
  const newest = events.at(-1)
  const start = {
    boot: over.boot ?? events[0]?.boot ?? '44444444-4444-4444-8444-444444444444',
    ...(over.previous !== undefined && { previous: over.previous }),
  }
  return {
    agent,
    log: {
      epoch: over.epoch ?? epochOf(1),
      from: over.after.size,
      frontier: append(over.after, leaves),
      checkpoint: 'checkpoint',
      ...(over.after.size === 0 && { start }),
    },
    entries: verified,
    filled: [],
    receivedAt: over.receivedAt ?? (newest ? parseTime(newest.at) : 0),
  }
}

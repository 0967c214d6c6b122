/** Entries that were proved but not understood, and those whose line comes later. */
import { sql } from 'kysely'
import type { Tx } from './schema.ts'

export interface QuarantinedEntry {
  readonly id: number
  readonly agentId: number
  readonly agent: string
  readonly logId: number
  readonly epoch: string
  readonly boot: string
  readonly bootId: number
  readonly branch: number
  readonly index: number
  readonly receivedAt: number
  /** Null where the row is torn. */
  readonly line: Uint8Array | null
}

/** In the order they were stored, after that one. */
export const quarantinedAfter = (tx: Tx, id: number, limit: number): Promise<QuarantinedEntry[]> =>
  tx
    .selectFrom('entry')
    .innerJoin('log', 'log.id', 'entry.log_id')
    .innerJoin('boot', 'boot.id', 'log.boot_id')
    .innerJoin('agent', 'agent.id', 'log.agent_id')
    .select([
      'entry.id',
      'agent.id as agentId',
      'agent',
      'log.id as logId',
      'epoch',
      'boot.boot',
      'boot.id as bootId',
      'branch',
      'idx as index',
      'received_at as receivedAt',
      'line',
    ])
    .where('state', '=', sql.lit(2)) // as its index says it
    .where('entry.id', '>', id)
    .orderBy('entry.id')
    .limit(limit)
    .execute()

export async function countQuarantined(tx: Tx): Promise<number> {
  const row = await tx
    .selectFrom('entry')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('state', '=', sql.lit(2))
    .where('id', '>', 0)
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

export interface SetAside {
  readonly id: number
  readonly agent: string
  readonly endpoint: string
  readonly epoch: string
  readonly index: number
  readonly receivedAt: number
  readonly reason: string | null
}

/** Newest first, behind that one; without their lines. */
export const listQuarantined = (
  tx: Tx,
  { before = Number.MAX_SAFE_INTEGER, limit }: { before?: number; limit: number },
): Promise<SetAside[]> =>
  tx
    .selectFrom('entry')
    .innerJoin('log', 'log.id', 'entry.log_id')
    .innerJoin('agent', 'agent.id', 'log.agent_id')
    .innerJoin('endpoint', 'endpoint.id', 'agent.endpoint_id')
    .select(['entry.id', 'agent.agent', 'endpoint.name as endpoint', 'log.epoch', 'entry.idx as index'])
    .select(['entry.received_at as receivedAt', 'entry.reason'])
    .where('entry.state', '=', sql.lit(2))
    .where('entry.id', '<', before)
    .orderBy('entry.id', 'desc')
    .limit(limit)
    .execute()

export interface Understood {
  readonly at: number
  readonly kind: number | null
  readonly severity: number | null
  readonly matter_id: number | null
}

/** The entry is understood now. */
export async function releaseEntry(tx: Tx, id: number, read: Understood): Promise<void> {
  await tx
    .updateTable('entry')
    .set({ ...read, state: 0, reason: null })
    .where('id', '=', id)
    .execute()
}

/** The entry cannot be folded: it is read again by a later version. */
export async function quarantineEntry(tx: Tx, id: number, reason: string): Promise<void> {
  const nothing = { kind: null, severity: null, matter_id: null, incident_number: null }
  await tx
    .updateTable('entry')
    .set({ ...nothing, state: 2, reason })
    .where('id', '=', id)
    .execute()
}

/** The line of a tombstone has come: it takes its place. */
export async function fillTombstone(
  tx: Tx,
  place: { logId: number; index: number },
  filled: Understood & { state: number; line: Uint8Array; reason: string | null },
): Promise<void> {
  await tx
    .updateTable('entry')
    .set({ ...filled, leaf: null })
    .where('log_id', '=', place.logId)
    .where('idx', '=', place.index)
    .where('state', '=', 1)
    .execute()
}

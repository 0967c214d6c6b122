/** The events of an incident, and the newest events of all. */
import type { Db } from './schema.ts'

export interface StoredEvent {
  /** Grows with every entry stored: a cursor. */
  readonly id: number
  readonly agent: string
  readonly epoch: string
  readonly index: number
  readonly at: number
  readonly receivedAt: number
  /** The bytes as they were hashed. */
  readonly line: Uint8Array
}

const events = (db: Db) =>
  db
    .selectFrom('entry')
    .innerJoin('log', 'log.id', 'entry.log_id')
    .innerJoin('endpoint', 'endpoint.id', 'log.endpoint_id')
    .select(['entry.id', 'agent', 'epoch', 'idx as index', 'at', 'received_at as receivedAt', 'line'])
    .where('state', '=', 0)
    .$narrowType<{ line: Uint8Array }>()

/** Of one matter in the order they were stored, after that cursor. */
export const eventsOfMatter = (
  db: Db,
  matterId: number,
  page: { after?: number; limit: number },
): Promise<StoredEvent[]> =>
  events(db)
    .where('entry.matter_id', '=', matterId)
    .where('entry.id', '>', page.after ?? 0)
    .orderBy('entry.id')
    .limit(page.limit)
    .execute()

/** Newest first, before that cursor. */
export const newestEvents = (db: Db, page: { before?: number; limit: number }): Promise<StoredEvent[]> =>
  events(db)
    .where('entry.id', '<', page.before ?? Number.MAX_SAFE_INTEGER)
    .orderBy('entry.id', 'desc')
    .limit(page.limit)
    .execute()

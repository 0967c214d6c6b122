/** The events of an incident, and the newest events of all. */
import type { Tx } from './schema.ts'

/** Which entry: a cursor for every order. */
export interface EventPlace {
  /** Grows with every entry stored. */
  readonly id: number
  readonly logId: number
  readonly index: number
}

export interface StoredEvent extends EventPlace {
  readonly agent: string
  readonly epoch: string
  readonly receivedAt: number
  readonly bootId: number
  /** The first trusted stamp of that boot; null: nobody has vouched for its clock. */
  readonly anchorMono: number | null
  readonly anchorAt: number | null
  /** The bytes as they were hashed. */
  readonly line: Uint8Array | null
}

const events = (tx: Tx) =>
  tx
    .selectFrom('entry')
    .innerJoin('log', 'log.id', 'entry.log_id')
    .innerJoin('agent', 'agent.id', 'log.agent_id')
    .innerJoin('boot', 'boot.id', 'log.boot_id')
    .select([
      'entry.id',
      'log.id as logId',
      'agent.agent',
      'log.epoch',
      'idx as index',
      'received_at as receivedAt',
      'line',
    ])
    .select(['boot.id as bootId', 'boot.anchor_mono as anchorMono', 'boot.anchor_at as anchorAt'])
    .where('state', '=', 0)

/** After that entry; absent: from the beginning. */
export interface Page {
  readonly after?: EventPlace
  readonly limit: number
}

/** Of one incident in the order they were stored. */
export const eventsOfIncident = (tx: Tx, incident: number, { after, limit }: Page): Promise<StoredEvent[]> =>
  events(tx)
    .where('entry.incident_number', '=', incident)
    .where('entry.id', '>', after?.id ?? 0)
    .orderBy('entry.id')
    .limit(limit)
    .execute()

/** Of one matter, in the order of each log. */
export const eventsOfMatter = (tx: Tx, matter: number, { after, limit }: Page): Promise<StoredEvent[]> =>
  events(tx)
    .where('entry.matter_id', '=', matter)
    .where((is) => is(is.refTuple('entry.log_id', 'entry.idx'), '>', is.tuple(after?.logId ?? 0, after?.index ?? 0)))
    .orderBy('entry.log_id')
    .orderBy('entry.idx')
    .limit(limit)
    .execute()

/** Newest first, before that cursor. */
export const newestEvents = (tx: Tx, page: { before?: number; limit: number }): Promise<StoredEvent[]> =>
  events(tx)
    .where('entry.id', '<', page.before ?? Number.MAX_SAFE_INTEGER)
    .orderBy('entry.id', 'desc')
    .limit(page.limit)
    .execute()

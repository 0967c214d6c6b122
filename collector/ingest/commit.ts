/** The one transaction (DESIGN §2): correlate and apply, alerts into the outbox, insert, the log's new state. What it
 *  resolves is on the disk; before that nobody gets a receipt. */
import { severityOf } from '#shared/event/event.ts'
import { packFrontier } from '#shared/evidence/merkle.ts'
import { parseTime } from '#shared/vocabulary/clock.ts'
import { severities } from '#shared/vocabulary/levels.ts'
import type { Sighting } from '#collector/incidents/correlate/incident.ts'
import { gatherIncidents, type Gathered } from '#collector/incidents/gather.ts'
import type { Store } from '#collector/store/database.ts'
import type { EntryRow, Hot } from '#collector/store/hot.ts'
import { flagForks, saveLog } from '#collector/store/logs.ts'
import type { Db } from '#collector/store/schema.ts'
import type { VerifiedBatch, VerifiedEntry } from './batch.ts'

export interface Committed {
  /** Incidents that are new, changed or gone. */
  readonly incidents: readonly string[]
  /** Agents of whom two logs with one predecessor are stored now. */
  readonly forks: readonly string[]
  /** How many entries are stored now, by what became of them. */
  readonly entries: Readonly<Record<VerifiedEntry['state'], number>>
}

/** Commits all of them or none. Batches of one log have to be in its order. */
export function commitBatches(
  { db }: Store,
  hot: Hot,
  batches: readonly VerifiedBatch[],
  about: { channels: readonly string[]; now: number },
): Promise<Committed> {
  return db.transaction().execute(async (transaction) => {
    const committed = {
      incidents: [] as string[],
      forks: [] as string[],
      entries: { event: 0, tombstone: 0, quarantined: 0 },
    }
    for (const own of byEndpoint(batches)) {
      const [{ endpoint }] = own
      const sightings = new Map(own.map((batch) => [batch, sightingsOf(batch)]))
      const all = [...sightings.values()].flat().filter((sighting) => sighting !== undefined)
      const gathered = await gatherIncidents(transaction, endpoint, all, about)
      for (const batch of own) {
        const logId = await storeLog(transaction, batch)
        for (const state of insertEntries(hot, logId, batch, sightings.get(batch) ?? [], gathered))
          committed.entries[state] += 1
        const { previous } = batch.log
        if (previous !== undefined && (await flagForks(transaction, endpoint.id, previous)))
          committed.forks.push(endpoint.agent)
      }
      committed.incidents.push(...gathered.changed)
    }
    return committed
  })
}

type Batches = [VerifiedBatch, ...VerifiedBatch[]]
function byEndpoint(batches: readonly VerifiedBatch[]): Iterable<Batches> {
  const grouped = new Map<number, Batches>()
  for (const batch of batches) {
    const own = grouped.get(batch.endpoint.id)
    if (own === undefined) grouped.set(batch.endpoint.id, [batch])
    else own.push(batch)
  }
  return grouped.values()
}

/** One for each entry that is an event, at its place. */
const sightingsOf = ({ endpoint, log, entries, receivedAt }: VerifiedBatch): (Sighting | undefined)[] =>
  entries.map((entry, at) => {
    if (entry.state !== 'event') return undefined
    const { event } = entry
    const time = parseTime(event.trusted ?? event.at)
    return { event, agent: endpoint.agent, epoch: log.epoch, index: log.from + at, at: time, receivedAt }
  })

const storeLog = (db: Db, { endpoint, log }: VerifiedBatch): Promise<number> =>
  saveLog(db, {
    endpointId: endpoint.id,
    epoch: log.epoch,
    size: log.frontier.size,
    frontier: packFrontier(log.frontier),
    checkpoint: log.checkpoint,
    previous: log.previous ?? null,
  })

/** What became of each. */
function insertEntries(
  hot: Hot,
  logId: number,
  batch: VerifiedBatch,
  sightings: readonly (Sighting | undefined)[],
  { matterIds, failed }: Gathered,
): VerifiedEntry['state'][] {
  return batch.entries.map((entry, at) => {
    const sighting = sightings[at]
    const failure = sighting && failed.get(sighting)
    const place = { logId, index: batch.log.from + at, receivedAt: batch.receivedAt }
    if (entry.state === 'tombstone') {
      hot.insertEntry({ ...place, ...notUnderstood(1, batch.receivedAt), leaf: entry.leaf, reason: entry.reason })
      return 'tombstone'
    }
    const reason = entry.state === 'quarantined' ? entry.reason : failure
    if (reason === undefined && sighting !== undefined) {
      hot.insertEntry({ ...place, ...understood(hot, sighting, matterIds), line: entry.line })
      return 'event'
    }
    hot.insertEntry({ ...place, ...notUnderstood(2, batch.receivedAt), line: entry.line, reason: reason ?? null })
    return 'quarantined'
  })
}

type Rest = Omit<EntryRow, 'logId' | 'index' | 'receivedAt'>
const notUnderstood = (state: 1 | 2, at: number): Rest => ({
  at,
  kind: null,
  state,
  severity: null,
  matterId: null,
  line: null,
  leaf: null,
  reason: null,
})

function understood(hot: Hot, sighting: Sighting, matterIds: ReadonlyMap<Sighting, number>): Rest {
  const severity = severityOf(sighting.event)
  return {
    at: sighting.at,
    kind: hot.kindNumber(sighting.event.kind),
    state: 0,
    severity: severity === undefined ? null : severities.indexOf(severity),
    matterId: matterIds.get(sighting) ?? null,
    line: null,
    leaf: null,
    reason: null,
  }
}

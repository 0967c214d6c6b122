/** The one transaction of an `events` message: the log's place and new size, what it means for incidents, its entries, and
 *  what goes to the mailboxes. What it resolves is on the disk; before that nobody gets a receipt. */
import { severityOf, type Event } from '#shared/event/event.ts'
import { parseTime } from '#shared/vocabulary/clock.ts'
import { severities } from '#shared/vocabulary/levels.ts'
import type { Told } from '#collector/alerts/tell.ts'
import { openChanges, type Changes } from '#collector/incidents/changes.ts'
import type { Placed as PlacedSighting } from '#collector/incidents/correlate/correlate.ts'
import { isLate, type Sighting } from '#collector/incidents/correlate/incident.ts'
import { matterOf } from '#collector/incidents/correlate/correlate.ts'
import { momentOf, timeOf, type Anchors, type Moment } from '#collector/incidents/correlate/moment.ts'
import { gatherIncidents, type Gathered } from '#collector/incidents/gather.ts'
import { retime } from '#collector/incidents/retime.ts'
import { anchor } from '#collector/store/boots.ts'
import type { Store } from '#collector/store/database.ts'
import { entryState, type EntryRow, type Hot } from '#collector/store/hot.ts'
import { changeIncident, agentPlaceOf } from '#collector/store/incidents.ts'
import { markBootStale, markStale, openMatters } from '#collector/store/matters.ts'
import { fillTombstone } from '#collector/store/quarantine.ts'
import type { VerifiedBatch, VerifiedEntry } from './batch.ts'
import { placeLog, type PlacedLog } from './log-place.ts'
import { repeatedIn, standingIn } from './repeated.ts'

/** What became of an entry, for counters. */
export type EntryOutcome = VerifiedEntry['state'] | 'repeated'

export interface Committed {
  /** Ids of incidents that are new or changed. */
  readonly incidents: readonly string[]
  /** Agents of whom two logs are known where there can be one. */
  readonly forks: readonly string[]
  readonly entries: Readonly<Record<EntryOutcome, number>>
  /** True where matters wait to be folded anew. */
  readonly stale: boolean
}

/** Commits all of them or none. Batches of one log have to be in its order. Throws LogMovedError where a log has not the size
 *  that its batch goes on from. */
export function commitBatches(
  store: Pick<Store, 'write'>,
  hot: Hot,
  batches: readonly VerifiedBatch[],
  told: Told,
): Promise<Committed> {
  return store.write(async (tx) => {
    const changes = openChanges(tx, told)
    const committed = {
      forks: [] as string[],
      entries: { event: 0, tombstone: 0, quarantined: 0, repeated: 0 },
      stale: false,
    }
    for (const batch of batches) {
      const one = await commitOne(changes, hot, batch)
      for (const outcome of one.outcomes) committed.entries[outcome] += 1
      if (one.forked) committed.forks.push(batch.agent.agent)
      if (one.stale) committed.stale = true
    }
    return { ...committed, incidents: await changes.finish() }
  })
}

interface CommittedOne {
  readonly outcomes: readonly EntryOutcome[]
  readonly forked: boolean
  readonly stale: boolean
}

async function commitOne(changes: Changes, hot: Hot, batch: VerifiedBatch): Promise<CommittedOne> {
  const { tx } = changes
  const place = await agentPlaceOf(tx, batch.agent.id)
  const log = await placeLog(changes, place, batch)
  const anchored = await anchorBoot(changes, log.bootId, batch)
  const repeated = await repeatedIn(tx, log, batch)
  const standing = await standingIn(tx, log, batch)
  const placed = batch.entries.map((entry, at) =>
    entry.state === 'event' && !repeated.has(at) && !standing.has(at)
      ? placedOf(entry.event, log, batch, at)
      : undefined,
  )
  const gathered = await gatherIncidents(
    changes,
    place,
    log,
    placed.filter((each) => each !== undefined),
    log.inOrder,
  )
  const anchors = await changes.anchors([log.bootId])
  const ids = new Map<Sighting, number>()
  const outcomes = batch.entries.map((entry, at): EntryOutcome => {
    if (standing.has(at)) return 'repeated'
    const sighting = placed[at]?.sighting
    const [outcome, row] = rowOf(entry, placed[at], repeated.has(at), { gathered, hot, anchors, batch })
    const id = hot.insertEntry({ ...row, logId: log.id, index: batch.log.from + at, receivedAt: batch.receivedAt })
    if (sighting === undefined || outcome !== 'event') return outcome
    ids.set(sighting, id)
    const incident = gathered.incidents.get(sighting)
    if (incident !== undefined) hot.assignIncident(id, incident)
    return outcome
  })
  for (const { number, opening } of gathered.opened)
    await changeIncident(tx, number, { opening_entry: ids.get(opening) ?? null })
  const filled = await fill(changes, place.agentId, hot, log, batch)
  const stale = [...gathered.stale, ...filled]
  if (stale.length > 0) await markStale(tx, stale)
  if (anchored) await retime(changes, log.bootId)
  // What ended with the next boot is timed with that one: of a clock that becomes known so late it is folded anew.
  const isOutOfOrder = anchored && !log.inOrder
  if (isOutOfOrder) await markBootStale(tx, place.agentId, log.bootId)
  return { outcomes, forked: log.forked, stale: stale.length > 0 || isOutOfOrder }
}

/** The first trusted stamp of a boot sets its clock. */
async function anchorBoot(changes: Changes, boot: number, { entries, filled }: VerifiedBatch): Promise<boolean> {
  const all = [...filled.map(({ entry }) => entry), ...entries]
  const first = all.find((entry) => entry.state === 'event' && entry.event.trusted !== undefined)
  if (first?.state !== 'event' || first.event.trusted === undefined) return false
  const known = (await changes.anchors([boot])).get(boot)
  if (known !== undefined) return false
  const found = { mono: first.event.mono, at: parseTime(first.event.trusted) }
  changes.anchored(boot, found)
  return anchor(changes.tx, boot, found)
}

function placedOf(
  event: Event,
  log: PlacedLog,
  { log: { epoch, from }, receivedAt }: VerifiedBatch,
  at: number,
): PlacedSighting {
  const index = from + at
  const moment = momentOf(event, log.bootId, receivedAt)
  return {
    sighting: { event, epoch, index, receivedAt },
    at: moment,
    judgedAnew: log.judgedFrom !== undefined && index > log.judgedFrom,
    opensAnew: false,
    late: late(moment, receivedAt),
  }
}

/** By the event's own stamps alone, so that it does not depend on what else has come. */
const late = ({ trusted, wall }: Moment, receivedAt: number): boolean => isLate({ at: trusted ?? wall, receivedAt })

type Row = Omit<EntryRow, 'logId' | 'index' | 'receivedAt'>
interface About {
  readonly gathered: Gathered
  readonly hot: Hot
  readonly anchors: Anchors
  readonly batch: VerifiedBatch
}

function rowOf(
  entry: VerifiedEntry,
  placed: PlacedSighting | undefined,
  isRepeated: boolean,
  { gathered, hot, anchors, batch: { receivedAt } }: About,
): [EntryOutcome, Row] {
  const nothing = { at: receivedAt, kind: null, severity: null, matterId: null, line: null, leaf: null, reason: null }
  if (entry.state === 'tombstone')
    return ['tombstone', { ...nothing, state: entryState.tombstone, leaf: entry.leaf, reason: entry.reason }]
  if (isRepeated) return ['repeated', { ...nothing, state: entryState.repeated, line: entry.line }]
  if (entry.state === 'quarantined' || placed === undefined) {
    const reason = entry.state === 'quarantined' ? entry.reason : null
    return ['quarantined', { ...nothing, state: entryState.quarantined, line: entry.line, reason }]
  }
  const matterId = gathered.matters.get(placed.sighting) ?? null
  return [
    'event',
    { ...nothing, ...read(entry.event, placed.at, hot, anchors), state: entryState.event, matterId, line: entry.line },
  ]
}

/** What the store keeps of an event beside its line. */
export function read(event: Event, moment: Moment, hot: Pick<Hot, 'kindNumber'>, anchors: Anchors) {
  const severity = severityOf(event)
  return {
    at: timeOf(moment, anchors),
    kind: hot.kindNumber(event.kind),
    severity: severity === undefined ? null : severities.indexOf(severity),
  }
}

/** Lines that take their tombstones' places: the matters that they belong to. */
async function fill(
  changes: Changes,
  agentId: number,
  hot: Hot,
  log: PlacedLog,
  { filled, receivedAt }: VerifiedBatch,
): Promise<number[]> {
  const matters: number[] = []
  for (const { index, entry } of filled) {
    const place = { logId: log.id, index }
    if (entry.state === 'quarantined') {
      const nothing = { at: receivedAt, kind: null, severity: null, matter_id: null }
      const { line, reason } = entry
      await fillTombstone(changes.tx, place, { ...nothing, state: entryState.quarantined, line, reason })
      continue
    }
    const moment = momentOf(entry.event, log.bootId, receivedAt)
    const matter = await matterFor(changes, agentId, entry.event, log)
    if (matter !== undefined) matters.push(matter)
    await fillTombstone(changes.tx, place, {
      ...read(entry.event, moment, hot, await changes.anchors([log.bootId])),
      matter_id: matter ?? null,
      state: entryState.event,
      line: entry.line,
      reason: null,
    })
  }
  return matters
}

/** The matter of an event that comes out of its order, made where it is new; undefined: it belongs to none. */
export async function matterFor(
  { tx }: Pick<Changes, 'tx'>,
  agentId: number,
  event: Event,
  { branch, bootId }: { branch: number; bootId: number },
): Promise<number | undefined> {
  const name = matterOf(event, branch)
  if (name === undefined) return undefined
  const [row] = await openMatters(tx, agentId, name.kind, [{ key: name.key, branch, bootId }])
  return row?.id
}

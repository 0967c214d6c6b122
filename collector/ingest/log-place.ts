/** The log of a batch, as the commit finds or makes it: its row, its branch and boot, and what does not join. */
import { packFrontier } from '#shared/evidence/merkle.ts'
import type { Changes } from '#collector/incidents/changes.ts'
import { momentOf, type Moment } from '#collector/incidents/correlate/moment.ts'
import { endWithBoot } from '#collector/incidents/ends.ts'
import { lastMoment } from '#collector/incidents/log-moments.ts'
import { tellOfLog } from '#collector/incidents/about-logs.ts'
import { bootOf } from '#collector/store/boots.ts'
import type { AgentPlace } from '#collector/store/incidents.ts'
import {
  branchAfter,
  branchBefore,
  flagForked,
  growLog,
  insertLog,
  lastIndexOf,
  logByEpoch,
  logsNaming,
  type KnownLogRow,
} from '#collector/store/logs.ts'
import type { VerifiedBatch } from './batch.ts'
import { knownLogs, MAX_REPLACEMENTS } from './known-logs.ts'
import { branchPlaceOf } from './succession.ts'

export interface PlacedLog {
  readonly id: number
  readonly branch: number
  readonly bootId: number
  readonly boot: string
  /** Index of its first `policy.applied`; undefined: none yet. */
  readonly judgedFrom: number | undefined
  /** False where a later log of its branch is stored already, or these entries were: the store had lost them. */
  readonly inOrder: boolean
  /** The log whose place it takes, and the size at which it does. */
  readonly replaces: { readonly id: number; readonly from: number } | undefined
  /** True where entries are stored beyond its size: the store had lost one before them. */
  readonly behindHole: boolean
  /** Agents' logs that are known to be forked by it. */
  readonly forked: boolean
}

/** Somebody else wrote the log since it was read: the batch has to be verified anew. */
export class LogMovedError extends Error {
  override name = 'LogMovedError'
}

/** Throws LogMovedError where the log has not the size that the batch goes on from. */
export async function placeLog(changes: Changes, place: AgentPlace, batch: VerifiedBatch): Promise<PlacedLog> {
  const row = await logByEpoch(changes.tx, place.agentId, batch.log.epoch)
  return row === undefined ? makeLog(changes, place, batch) : grow(changes, place, row, batch)
}

const size = ({ log }: VerifiedBatch): number => log.frontier.size

async function grow(changes: Changes, place: AgentPlace, row: KnownLogRow, batch: VerifiedBatch): Promise<PlacedLog> {
  const { tx } = changes
  if (row.size !== batch.log.from && batch.entries.length > 0) throw new LogMovedError(moved(batch))
  const judged = row.judged_from ?? judgedIn(batch)
  const [later] = await branchAfter(tx, row.branch, row.position, 1)
  let forked = false
  if (batch.entries.length > 0) {
    const grown = await growLog(tx, row.id, row.size, {
      size: size(batch),
      frontier: packFrontier(batch.log.frontier),
      checkpoint: batch.log.checkpoint,
      ...lastStamps(batch, row),
      judged_from: judged ?? null,
    })
    if (!grown) throw new LogMovedError(moved(batch))
    // A log that goes on although another one has begun where it ended: two machines write it.
    forked = later !== undefined && (await outgrew(changes, place, row, batch))
  }
  return {
    id: row.id,
    branch: row.branch,
    bootId: row.boot_id,
    boot: row.boot,
    judgedFrom: judged,
    inOrder: later === undefined && batch.log.from >= row.again_to,
    replaces: row.replaces === null ? undefined : { id: row.replaces, from: row.previous_size ?? 0 },
    behindHole: (await lastIndexOf(tx, row.id)) > row.size,
    forked,
  }
}

const moved = ({ log }: VerifiedBatch): string => `The log ${log.epoch} is no longer of size ${log.from}.`

async function outgrew(changes: Changes, place: AgentPlace, row: KnownLogRow, batch: VerifiedBatch): Promise<boolean> {
  const naming = await logsNaming(changes.tx, place.agentId, row.epoch, MAX_REPLACEMENTS)
  const successor = naming.find(
    ({ ended, previous_size: was }) => ended !== 'refused' && (was ?? Infinity) < size(batch),
  )
  if (successor === undefined) return false
  await flagForked(changes.tx, [row.id, successor.id])
  await tellOfLog(changes, place, {
    kind: 'fork',
    at: firstMoment(batch, row.boot_id),
    epoch: row.epoch,
    expected: `${row.epoch} ends at ${successor.previous_size}, as ${successor.epoch} says`,
    given: `${row.epoch} goes on to ${size(batch)}`,
    receivedAt: batch.receivedAt,
  })
  return true
}

async function makeLog(changes: Changes, place: AgentPlace, batch: VerifiedBatch): Promise<PlacedLog> {
  const { tx } = changes
  const { epoch, frontier, checkpoint, start = {} } = batch.log
  if (batch.log.from !== 0) throw new LogMovedError(moved(batch))
  const boot = await bootOf(tx, place.agentId, start.boot ?? '')
  const known = await knownLogs(changes.tx, place, start.previous)
  const found = branchPlaceOf(start.previous, known)
  const judged = judgedIn(batch)
  const first = firstMoment(batch, boot.id)
  const id = await insertLog(tx, {
    agent_id: place.agentId,
    epoch,
    size: frontier.size,
    frontier: packFrontier(frontier),
    checkpoint,
    boot_id: boot.id,
    branch: found.branch,
    position: found.position,
    previous: start.previous?.epoch ?? null,
    previous_size: start.previous?.size ?? null,
    previous_root: start.previous?.root ?? null,
    ended: start.previous?.ended ?? null,
    replaces: found.replaces,
    broken: found.broken ? JSON.stringify(found.broken) : null,
    first_mono: first.mono,
    first_trusted: first.trusted ?? null,
    first_wall: first.wall,
    ...lastStamps(batch, { last_mono: first.mono, last_trusted: null, last_wall: first.wall }),
    judged_from: judged ?? null,
  })
  const branch = found.branch ?? id
  const later = found.replaces === null ? undefined : (await branchAfter(tx, branch, found.position, 1))[0]
  if (later === undefined) await endOlderBoots(changes, branch, boot.id, found.position, first)
  await tellWhatDoesNotJoin(changes, place, { batch, id, first, forkedWith: found.forkedWith, broken: found.broken })
  return {
    id,
    branch,
    bootId: boot.id,
    boot: boot.boot,
    judgedFrom: judged,
    inOrder: later === undefined,
    replaces: found.replaces === null ? undefined : { id: found.replaces, from: start.previous?.size ?? 0 },
    behindHole: false,
    forked: found.forkedWith.length > 0,
  }
}

/** What was on in an older boot of the branch ended between its last stamp and this log's first. */
async function endOlderBoots(
  changes: Changes,
  branch: number,
  boot: number,
  position: number,
  first: Moment,
): Promise<void> {
  const before = await branchBefore(changes.tx, branch, position)
  if (before === undefined || before.boot_id === boot) return
  await endWithBoot(changes, branch, boot, { after: lastMoment(before), before: first })
}

/** Of its first event; of a batch without any that is understood, when it came. */
function firstMoment({ entries, receivedAt }: VerifiedBatch, boot: number): Moment {
  const first = entries.find((entry) => entry.state === 'event')
  return first?.state === 'event' ? momentOf(first.event, boot, receivedAt) : { boot, mono: 0, wall: receivedAt }
}

type Stamps = Pick<KnownLogRow, 'last_mono' | 'last_trusted' | 'last_wall'>

function lastStamps({ entries, receivedAt }: VerifiedBatch, before: Stamps): Stamps {
  const last = entries.findLast((entry) => entry.state === 'event')
  if (last?.state !== 'event')
    return { last_mono: before.last_mono, last_trusted: before.last_trusted, last_wall: before.last_wall }
  const { mono, trusted, wall } = momentOf(last.event, 0, receivedAt)
  return { last_mono: mono, last_trusted: trusted ?? null, last_wall: wall }
}

function judgedIn({ entries, log }: VerifiedBatch): number | undefined {
  const at = entries.findIndex((entry) => entry.state === 'event' && entry.event.kind === 'policy.applied')
  return at < 0 ? undefined : log.from + at
}

interface Misfit {
  readonly batch: VerifiedBatch
  readonly id: number
  readonly first: Moment
  readonly forkedWith: readonly number[]
  readonly broken: { readonly expected: string; readonly given: string } | undefined
}

async function tellWhatDoesNotJoin(changes: Changes, place: AgentPlace, misfit: Misfit): Promise<void> {
  const { batch, id, first, forkedWith, broken } = misfit
  const { epoch, start } = batch.log
  const about = { at: first, epoch, receivedAt: batch.receivedAt }
  if (broken !== undefined) await tellOfLog(changes, place, { kind: 'succession', ...about, ...broken })
  if (forkedWith.length === 0) return
  await flagForked(changes.tx, [...forkedWith, id])
  await tellOfLog(changes, place, {
    kind: 'fork',
    ...about,
    expected: 'one log after each',
    given: `a second log names ${start?.previous?.epoch ?? ''}`,
  })
}

/** What went on ends without an event of its own: with its boot, or nobody knows when. */
import { incidentsByNumbers } from '#collector/store/incidents.ts'
import {
  branchesGoingOn,
  endAllBefore,
  gatheredBefore,
  goingOnBefore,
  markStale,
  saveMatter,
  type MatterRow,
} from '#collector/store/matters.ts'
import { branchBefore, logByEpoch, markOver } from '#collector/store/logs.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Told } from '#collector/alerts/tell.ts'
import { openChanges, type Changes } from './changes.ts'
import { endMatter } from './correlate/correlate.ts'
import type { Span } from './correlate/moment.ts'
import { unknownSpan } from './log-moments.ts'
import { endedOfMany } from './many-at-once.ts'
import { isMatterKind } from './correlate/incident.ts'
import { stumbled } from './stumble.ts'

/** Another boot began in the branch: what was on in an older one ended between its last stamp and this beginning. At most
 *  as many incidents of their own as may go on at once; those that are gathered end together. */
export const endWithBoot = (changes: Changes, branch: number, boot: number, span: Span): Promise<void> =>
  endBefore(changes, branch, boot, { by: 'boot-ended', span })

/** Branches that will not go on: what is on in them ends, and nobody knows when. `at`: ms since 1970. */
async function endBranches(changes: Changes, branches: readonly number[], at: number): Promise<void> {
  if (branches.length === 0) return
  await markOver(changes.tx, branches, at)
  for (const branch of branches) {
    const last = await branchBefore(changes.tx, branch, Number.MAX_SAFE_INTEGER)
    if (last) await endBefore(changes, branch, NO_BOOT, { by: 'unknown', span: unknownSpan(last, at) })
  }
}

/** The agent will say no more of what is on: it was retired or revoked. Ids of the incidents that this changed. */
export async function endAsUnknown(tx: Tx, agentId: number, told: Told): Promise<readonly string[]> {
  const changes = openChanges(tx, told)
  await endBranches(changes, await branchesGoingOn(tx, agentId), told.now)
  return changes.finish()
}

/** People have looked at a log that did not join the ones before it, and closed it: the branches before will not go on. */
export async function endBranchesBefore(
  tx: Tx,
  { agentId, epoch }: { agentId: number; epoch: string },
  told: Told,
): Promise<readonly string[]> {
  const log = await logByEpoch(tx, agentId, epoch)
  const changes = openChanges(tx, told)
  const going = await branchesGoingOn(tx, agentId)
  await endBranches(
    changes,
    going.filter((branch) => log !== undefined && branch < log.branch),
    told.now,
  )
  return changes.finish()
}

/** No boot has this number: every boot is another one. */
const NO_BOOT = -1

type How = Parameters<typeof endMatter>[2]

async function endBefore(changes: Changes, branch: number, boot: number, how: How): Promise<void> {
  const { tx } = changes
  const rows = await goingOnBefore(tx, branch, boot)
  const gathered = await gatheredBefore(tx, branch, boot)
  const torn: number[] = []
  for (const row of rows) if ((await stumbled(() => endOne(changes, row, how))) !== undefined) torn.push(row.id)
  if (torn.length > 0) await markStale(tx, torn)
  for (const { number, count } of gathered) await endedOfMany(changes, number, count)
  await endAllBefore(tx, branch, boot)
}

async function endOne(changes: Changes, row: MatterRow, how: How): Promise<void> {
  if (!isMatterKind(row.kind) || row.incident_number === null) return
  const [incident] = await incidentsByNumbers(changes.tx, [row.incident_number])
  if (incident === undefined) return
  const facts = endMatter(row.kind, row.facts, how)
  const boot = how.by === 'boot-ended' ? how.span.before.boot : row.boot_id
  await saveMatter(changes.tx, row.id, { ...row, facts, going_on: 1, boot_id: row.boot_id }) // endAllBefore ends it
  await changes.update(incident, { facts, boot })
}

/** What went on ends without an event of its own: with its boot, or nobody knows when. */
import { incidentsByNumbers } from '#collector/store/incidents.ts'
import {
  branchesGoingOn,
  endAllBefore,
  gatheredBefore,
  goingOnBefore,
  saveMatter,
  type MatterRow,
} from '#collector/store/matters.ts'
import type { Changes } from './changes.ts'
import { endMatter } from './correlate/correlate.ts'
import type { Span } from './correlate/moment.ts'
import { endedOfMany } from './many-at-once.ts'
import { isMatterKind } from './pictures.ts'

/** Another boot began in the branch: what was on in an older one ended between its last stamp and this beginning. At most
 *  as many incidents of their own as may go on at once; those that are gathered end together. */
export const endWithBoot = (changes: Changes, branch: number, boot: number, span: Span): Promise<void> =>
  endBefore(changes, branch, boot, { by: 'boot-ended', span })

/** No boot has this number: every boot is another one. */
const NO_BOOT = -1

/** The agent will say no more of what is on: it was retired or revoked. `spanOf`: of a branch, its last stamp and now. */
export async function endAsUnknown(
  changes: Changes,
  agentId: number,
  spanOf: (branch: number) => Promise<Span | undefined>,
): Promise<void> {
  for (const branch of await branchesGoingOn(changes.tx, agentId)) {
    const span = await spanOf(branch)
    if (span) await endBefore(changes, branch, NO_BOOT, { by: 'unknown', span })
  }
}

type How = Parameters<typeof endMatter>[2]

async function endBefore(changes: Changes, branch: number, boot: number, how: How): Promise<void> {
  const { tx } = changes
  const rows = await goingOnBefore(tx, branch, boot)
  const gathered = await gatheredBefore(tx, branch, boot)
  for (const row of rows) await endOne(changes, row, how)
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

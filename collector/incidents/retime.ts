/** A boot's clock has become known: its incidents are shown by it, a bounded number at a step. */
import { agentsToRetime, bootsToRetime, retimedTo } from '#collector/store/boots.ts'
import { incidentsOfBoot, type IncidentRow } from '#collector/store/incidents.ts'
import { matterById } from '#collector/store/matters.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Changes } from './changes.ts'
import { stumbled } from './stumble.ts'

/** Incidents timed anew in one commit: × 200 µs = 40 ms. */
const AT_A_STEP = 200

/** True where some are left for the next step. */
export async function retime(changes: Changes, boot: number, after = 0): Promise<boolean> {
  const rows = await incidentsOfBoot(changes.tx, boot, after, AT_A_STEP)
  for (const row of rows)
    await stumbled(async () => {
      const facts = await factsOf(changes.tx, row)
      if (facts !== undefined) await changes.update(row, { facts })
    })
  const isLeft = rows.length === AT_A_STEP
  await retimedTo(changes.tx, boot, isLeft ? (rows.at(-1)?.number ?? null) : null)
  return isLeft
}

/** One step of what is left, wherever it is. False: nothing is left. */
export async function retimeSome(changes: Changes): Promise<boolean> {
  const [agent] = await agentsToRetime(changes.tx, 1)
  if (agent === undefined) return false
  const [boot] = await bootsToRetime(changes.tx, agent.agent_id)
  if (boot === undefined) return false
  await retime(changes, boot.id, boot.retimed_to ?? 0)
  return true
}

/** A stay's stand in its matter. */
async function factsOf(tx: Tx, row: IncidentRow): Promise<string | undefined> {
  if (row.facts !== null) return row.facts
  const matter = row.matter_id === null ? undefined : await matterById(tx, row.matter_id)
  return matter?.incident_number === row.number ? matter.facts : undefined
}

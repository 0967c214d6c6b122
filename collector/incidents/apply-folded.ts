/** Within the commit's transaction: applies what folding made of a matter. Makes its incidents or changes the one that is
 *  there, gathers what is too many, and saves the matter as it stands now. */
import { hasMoreGoingOn, incidentsByNumbers, type AgentPlace, type IncidentRow } from '#collector/store/incidents.ts'
import { putPartsOn, saveMatter, takeAllOff, takePartsOff, type MatterRow } from '#collector/store/matters.ts'
import type { Changes } from './changes.ts'
import type { Folded, FoldedIncident, Placed } from './correlate/correlate.ts'
import type { MatterKind, Sighting } from './correlate/incident.ts'
import { incidentId } from './correlate/matter.ts'
import { gatherMany } from './many-at-once.ts'

/** Of one agent and kind; what is over is gathered in one incident. People read no thousand of a kind. */
export const MAX_OPEN_OF_A_KIND = 1_000

export interface LogPlace {
  readonly branch: number
  readonly bootId: number
}

/** Events of one matter. */
export interface Group {
  readonly kind: MatterKind
  readonly key: string
  readonly placed: Placed[]
}

export interface FoldedMatter {
  readonly row: MatterRow
  readonly group: Group
  readonly current: IncidentRow | undefined
  readonly folded: Folded
}
/** What the matters of one batch gave, so far. */
interface Collected {
  readonly incidents: Map<Sighting, number>
  readonly opened: { number: number; opening: Sighting }[]
}

export async function applyFolded(
  changes: Changes,
  place: AgentPlace,
  log: LogPlace,
  matter: FoldedMatter,
  collected: Collected,
): Promise<void> {
  const { row, group, folded } = matter
  const numbers: number[] = []
  let current = matter.current
  for (const [at, incident] of folded.incidents.entries()) {
    const number = await applyOne(changes, place, log, { ...matter, current }, at)
    numbers.push(number)
    if (incident.opening === undefined) continue
    const opening = group.placed[incident.opening]?.sighting
    if (opening) collected.opened.push({ number, opening })
    current = (await incidentsByNumbers(changes.tx, [number]))[0]
  }
  for (const [at, which] of folded.belongs.entries()) {
    const number = which === undefined ? undefined : numbers[which]
    const sighting = group.placed[at]?.sighting
    if (number !== undefined && sighting) collected.incidents.set(sighting, number)
  }
  await applyParts(changes, row, log, folded)
  await saveMatter(changes.tx, row.id, {
    facts: folded.facts,
    going_on: folded.goesOn ? 1 : 0,
    incident_number: numbers.at(-1) ?? row.incident_number,
    branch: Math.max(row.branch, log.branch),
    boot_id: log.bootId,
  })
}

/** Makes the incident, or changes the one that is there; its number. */
async function applyOne(
  changes: Changes,
  place: AgentPlace,
  log: LogPlace,
  { row, group, current, folded }: FoldedMatter,
  at: number,
): Promise<number> {
  const incident = folded.incidents[at]
  if (incident === undefined) throw new RangeError('There is no such incident.')
  const isNewest = at === folded.incidents.length - 1
  const goesOn = isNewest && folded.goesOn
  const opening = incident.opening === undefined ? undefined : group.placed[incident.opening]
  if (opening === undefined && current !== undefined && current.kind !== 'many-at-once') {
    await changes.update(current, { facts: incident.facts, boot: log.bootId, reopened: incident.reopened })
    return current.number
  }
  const isFlood =
    opening === undefined || (await hasMoreGoingOn(changes.tx, place.agentId, group.kind, MAX_OPEN_OF_A_KIND - 1))
  if (isFlood) {
    const own = group.placed.filter((_, index) => folded.belongs[index] === at)
    const counted = incident.counted.flatMap((index) => group.placed[index] ?? [])
    const wentOn = opening === undefined && row.going_on === 1
    return gatherMany(changes, place, log, {
      of: group.kind,
      current: opening === undefined ? current : undefined,
      own,
      counted,
      opened: opening === undefined ? 0 : 1,
      on: (goesOn ? 1 : 0) - (wentOn ? 1 : 0),
    })
  }
  return changes.open({
    id: idOf(place, group, opening, incident),
    kind: group.kind,
    place,
    matterId: row.id,
    facts: incident.facts,
    boot: log.bootId,
    arrivedAt: opening.sighting.receivedAt,
    linkedTo: incident.linked ? (current?.number ?? null) : null,
  })
}

/** Of a stay from agent and plug, of an episode from agent and the entry that opened it: given once, then kept. */
function idOf(
  { agent }: AgentPlace,
  { kind, key }: Group,
  { sighting: { epoch, index } }: Placed,
  { linked }: FoldedIncident,
): string {
  const isFirst = kind === 'stay' && !linked
  return isFirst ? incidentId(agent, kind, key) : incidentId(agent, kind, key, epoch, String(index))
}

async function applyParts({ tx }: Changes, row: MatterRow, { bootId }: LogPlace, { on }: Folded): Promise<void> {
  if (on.cleared) await takeAllOff(tx, row.id)
  const parts = [...on.parts]
  const off = parts.filter(([, isOn]) => !isOn).map(([part]) => part)
  const now = parts.filter(([, isOn]) => isOn).map(([part]) => ({ matterId: row.id, bootId, part }))
  if (off.length > 0 && !on.cleared) await takePartsOff(tx, row.id, bootId, off)
  if (now.length > 0) await putPartsOn(tx, now)
}

/** Within the commit's transaction: loads the matters that a log's new events belong to, folds the events into them, and
 *  applies what came of it. Its cost depends on the events alone, never on what was before. */
import { hasMoreGoingOn, incidentsByNumbers, type AgentPlace, type IncidentRow } from '#collector/store/incidents.ts'
import {
  openMatters,
  partsOn,
  putPartsOn,
  saveMatter,
  takeAllOff,
  takePartsOff,
  type MatterRow,
  type PartOn,
} from '#collector/store/matters.ts'
import type { Changes } from './changes.ts'
import { fold, matterOf, partOf, type Folded, type FoldedIncident, type Placed } from './correlate/correlate.ts'
import { type MatterKind, matterKinds, type Sighting } from './correlate/incident.ts'
import { incidentId } from './correlate/matter.ts'
import { gatherMany } from './many-at-once.ts'
import { stumbled } from './stumble.ts'
import { reopens } from './workflow/case.ts'

/** Of one agent and kind; what is over is gathered in one incident. People read no thousand of a kind. */
export const MAX_OPEN_OF_A_KIND = 1_000

export interface LogPlace {
  readonly branch: number
  readonly bootId: number
}

export interface Gathered {
  /** Row number of the matter that each event belongs to; absent: it belongs to none. */
  readonly matters: ReadonlyMap<Sighting, number>
  readonly incidents: ReadonlyMap<Sighting, number>
  /** Incidents that began, with the event that opened each. */
  readonly opened: readonly { readonly number: number; readonly opening: Sighting }[]
  /** Matters whose events wait to be folded anew. */
  readonly stale: readonly number[]
}

interface Group {
  readonly kind: MatterKind
  readonly key: string
  readonly placed: Placed[]
}

/** `inOrder`: nothing of the branch that comes after these events is stored yet; else their matters are only named, to be
 *  folded anew (refold.ts). */
export async function gatherIncidents(
  changes: Changes,
  place: AgentPlace,
  log: LogPlace,
  placed: readonly Placed[],
  inOrder: boolean,
): Promise<Gathered> {
  const groups = grouped(placed, log.branch)
  const rows = await mattersOf(changes, place, log, groups)
  const gathered = {
    matters: new Map<Sighting, number>(),
    incidents: new Map<Sighting, number>(),
    opened: [] as { number: number; opening: Sighting }[],
    stale: [] as number[],
  }
  const known = await incidentsOf(changes, [...rows.values()])
  const on = await partsThatAreOn(changes, log, groups, rows)
  for (const group of groups) {
    const row = rows.get(group)
    if (row === undefined) continue
    for (const { sighting } of group.placed) gathered.matters.set(sighting, row.id)
    if (!inOrder || row.stale === 1) {
      gathered.stale.push(row.id)
      continue
    }
    const current = row.incident_number === null ? undefined : known.get(row.incident_number)
    const isTorn = await stumbled(async () => {
      const folded = foldOn(row, group, current, (part) => on.has(`${row.id} ${part}`))
      await apply(changes, place, log, { row, group, current, folded }, gathered)
    })
    if (isTorn !== undefined) gathered.stale.push(row.id) // folded anew from its entries; refold.ts says what it cannot fold
  }
  return gathered
}

const isClosed = (incident: IncidentRow | undefined): boolean => incident !== undefined && reopens(incident.stage)

function grouped(placed: readonly Placed[], branch: number): Group[] {
  const groups = new Map<string, Group>()
  for (const one of placed) {
    const name = matterOf(one.sighting.event, branch)
    if (name === undefined) continue
    const { kind, key } = name
    const group = groups.get(`${kind} ${key}`)
    if (group === undefined) groups.set(`${kind} ${key}`, { kind, key, placed: [one] })
    else group.placed.push(one)
  }
  return [...groups.values()]
}

async function mattersOf(
  { tx }: Changes,
  { agentId }: AgentPlace,
  { branch, bootId }: LogPlace,
  groups: readonly Group[],
): Promise<Map<Group, MatterRow>> {
  const rows = new Map<Group, MatterRow>()
  for (const kind of matterKinds) {
    const own = groups.filter((group) => group.kind === kind)
    if (own.length === 0) continue
    const found = await openMatters(
      tx,
      agentId,
      kind,
      own.map(({ key }) => ({ key, branch, bootId })),
    )
    const byKey = new Map(found.map((row) => [row.key, row]))
    for (const group of own) {
      const row = byKey.get(group.key)
      if (row) rows.set(group, row)
    }
  }
  return rows
}

async function incidentsOf({ tx }: Changes, rows: readonly MatterRow[]): Promise<Map<number, IncidentRow>> {
  const numbers = [...new Set(rows.flatMap(({ incident_number: number }) => number ?? []))]
  const found = numbers.length === 0 ? [] : await incidentsByNumbers(tx, numbers)
  return new Map(found.map((row) => [row.number, row]))
}

/** Of the parts that these events name; what else is on is only counted, in the matter's facts. */
async function partsThatAreOn(
  { tx }: Changes,
  { bootId }: LogPlace,
  groups: readonly Group[],
  rows: ReadonlyMap<Group, MatterRow>,
): Promise<Set<string>> {
  const named = groups.flatMap((group): PartOn[] => {
    const matterId = rows.get(group)?.id
    if (matterId === undefined || rows.get(group)?.facts === '') return []
    const parts = group.placed.flatMap(({ sighting }) => partOf(group.kind, sighting.event) ?? [])
    return [...new Set(parts)].map((part) => ({ matterId, bootId, part }))
  })
  const on = await partsOn(tx, named)
  return new Set(on.filter((each) => each.bootId === bootId).map(({ matterId, part }) => `${matterId} ${part}`))
}

/** Throws where the row is not what these events go on from: it is torn, or what it says to be on ended with a boot. */
function foldOn(
  row: MatterRow,
  { kind, placed }: Group,
  current: IncidentRow | undefined,
  wasOn: (part: string) => boolean,
): Folded {
  const known = { kind, facts: row.facts, goesOn: row.going_on === 1, isClosed: isClosed(current) }
  const folded = fold(known, placed, wasOn)
  const [first] = folded.incidents
  if (first !== undefined && first.opening === undefined && current === undefined)
    throw new RangeError('The incident that its facts go on with is not stored.')
  return folded
}

interface Matter {
  readonly row: MatterRow
  readonly group: Group
  readonly current: IncidentRow | undefined
  readonly folded: Folded
}
interface Collected {
  readonly incidents: Map<Sighting, number>
  readonly opened: { number: number; opening: Sighting }[]
}

async function apply(
  changes: Changes,
  place: AgentPlace,
  log: LogPlace,
  matter: Matter,
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
  { row, group, current, folded }: Matter,
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

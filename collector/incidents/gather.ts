/** Within the commit's transaction: loads the matters that a log's new events belong to, folds the events into them, and
 *  applies what came of it. Its cost depends on the events alone, never on what was before. */
import { incidentsByNumbers, type AgentPlace, type IncidentRow } from '#collector/store/incidents.ts'
import { openMatters, partsOn, type MatterRow, type PartOn } from '#collector/store/matters.ts'
import { applyFolded, type Group, type LogPlace } from './apply-folded.ts'
import type { Changes } from './changes.ts'
import { fold, matterOf, partOf, type Folded, type Placed } from './correlate/correlate.ts'
import { matterKinds, type Sighting } from './correlate/incident.ts'
import { stumbled } from './stumble.ts'
import { reopens } from './workflow/case.ts'

export interface Gathered {
  /** Row number of the matter that each event belongs to; absent: it belongs to none. */
  readonly matters: ReadonlyMap<Sighting, number>
  readonly incidents: ReadonlyMap<Sighting, number>
  /** Incidents that began, with the event that opened each. */
  readonly opened: readonly { readonly number: number; readonly opening: Sighting }[]
  /** Matters whose events wait to be folded anew. */
  readonly stale: readonly number[]
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
      await applyFolded(changes, place, log, { row, group, current, folded }, gathered)
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

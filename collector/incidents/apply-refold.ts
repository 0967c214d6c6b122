/** Applies what folding a matter anew found. */
import { isDeepStrictEqual } from 'node:util'
import { changeIncident, incidentById, incidentsByNumbers, type IncidentRow } from '#collector/store/incidents.ts'
import { markFolded, putPartsOn, saveMatter, takeAllOff } from '#collector/store/matters.ts'
import { quarantineEntry } from '#collector/store/quarantine.ts'
import { asOf, assignIncidents } from '#collector/store/refolding.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Changes } from './changes.ts'
import { incidentId } from './correlate/matter.ts'
import { endedOfMany } from './many-at-once.ts'
import type { FoundIncident, Refolded } from './refold.ts'
import { reopens } from './workflow/case.ts'

/** Which stored incident each found one is: by the entries that they hold. Where two become one, the one made first stays.
 *  One that gathers many matters is shared by them. */
export async function matched(tx: Tx, { incidents, before }: Refolded): Promise<Map<FoundIncident, number>> {
  const own = new Set(before.map(({ number }) => number))
  const others = incidents.flatMap(({ stored }) => [...stored]).filter((number) => !own.has(number))
  const rows = await incidentsByNumbers(tx, [...new Set(others)])
  const shared = new Set(rows.filter(({ kind }) => kind === 'many-at-once').map(({ number }) => number))
  const taken = new Set<number>()
  const matches = new Map<FoundIncident, number>()
  for (const found of incidents) {
    const opened = before.find(({ opening_entry }) => opening_entry === found.opening.id)?.number
    const named = found.stored.size > 0 || opened === undefined ? [...found.stored] : [opened]
    const free = named.filter((number) => own.has(number) && !taken.has(number)).toSorted((a, b) => a - b)
    const number = free[0] ?? named.find((each) => shared.has(each)) ?? (taken.has(opened ?? 0) ? undefined : opened)
    if (number === undefined) continue
    taken.add(number)
    matches.set(found, number)
  }
  return matches
}

/** True where it was applied; false where the agent has sent more meanwhile that it depends on, and has to be folded again. */
export async function applyRefolded(changes: Changes, refolded: Refolded, version: string): Promise<boolean> {
  const { tx } = changes
  const { row, before } = refolded
  if (!isDeepStrictEqual(await asOf(tx, row), refolded.asOf)) return false
  const matches = await matched(tx, refolded)
  const numbers = new Map<FoundIncident, number>()
  for (const [at, found] of refolded.incidents.entries()) {
    const number = matches.get(found)
    const linkedTo = found.linked ? (numbers.get(refolded.incidents[at - 1] ?? found) ?? null) : null
    numbers.set(found, number === undefined ? await open(changes, refolded, found, linkedTo) : number)
    if (number !== undefined) await change(changes, refolded, found, number)
    const name = numbers.get(found) ?? null
    const others = found.entries.filter(({ incident }) => incident !== name)
    await assignIncidents(
      tx,
      others.map(({ id }) => id),
      name,
    )
  }
  await assignIncidents(tx, refolded.loose, null)
  for (const { id, reason } of refolded.aside) await quarantineEntry(tx, id, reason)
  await withdraw(changes, refolded, before, numbers, version)
  await takeAllOff(tx, row.id)
  await putPartsOn(
    tx,
    [...refolded.on].map((part) => ({ matterId: row.id, bootId: refolded.bootId, part })),
  )
  const newest = refolded.incidents.at(-1)
  await saveMatter(tx, row.id, {
    facts: refolded.facts,
    going_on: refolded.goesOn ? 1 : 0,
    incident_number: newest === undefined ? null : (numbers.get(newest) ?? null),
    branch: refolded.branch,
    boot_id: refolded.bootId,
  })
  await markFolded(tx, row.id)
  return true
}

/** One that is there under this id was torn from its matter. */
async function open(
  changes: Changes,
  refolded: Refolded,
  found: FoundIncident,
  linkedTo: number | null,
): Promise<number> {
  const { row, kind, place } = refolded
  const { opening, facts, boot } = found
  const isFirst = kind === 'stay' && !found.linked
  const own = isFirst ? [kind, row.key] : [kind, row.key, opening.epoch, String(opening.index)]
  const id = incidentId(place.agent, ...own)
  const torn = await incidentById(changes.tx, id)
  if (torn !== undefined) {
    await changeIncident(changes.tx, torn.number, { matter_id: row.id })
    await change(changes, refolded, found, torn.number)
    return torn.number
  }
  const number = await changes.open({
    id,
    kind,
    place,
    matterId: row.id,
    facts,
    boot,
    arrivedAt: opening.receivedAt,
    linkedTo,
  })
  await changeIncident(changes.tx, number, { opening_entry: opening.id })
  return number
}

/** Found again; or people were done with it, and a violation has come since that nobody has seen. */
const isOpenAgain = ({ stage }: IncidentRow, { entries }: FoundIncident): boolean =>
  stage === 'withdrawn' || (reopens(stage) && entries.some(({ incident, counts }) => counts && incident === null))

/** A gathering incident keeps its own count of events, which are its entries; how many of its matters go on is put right. */
async function change(changes: Changes, refolded: Refolded, found: FoundIncident, number: number): Promise<void> {
  const [stored] = await incidentsByNumbers(changes.tx, [number])
  if (stored === undefined) return
  if (stored.kind === 'many-at-once') {
    const ended = found === refolded.incidents.at(-1) ? refolded.row.going_on - (refolded.goesOn ? 1 : 0) : 0
    return endedOfMany(changes, number, ended, isOpenAgain(stored, found))
  }
  const { facts, boot, opening } = found
  const { kind } = refolded
  if (stored.opening_entry !== opening.id || stored.kind !== kind)
    await changeIncident(changes.tx, number, { opening_entry: opening.id, kind })
  await changes.update({ ...stored, kind }, { facts, boot, reopened: isOpenAgain(stored, found) })
}

async function withdraw(
  changes: Changes,
  { incidents }: Refolded,
  before: readonly IncidentRow[],
  numbers: ReadonlyMap<FoundIncident, number>,
  version: string,
): Promise<void> {
  const kept = new Set(numbers.values())
  for (const row of before) {
    if (kept.has(row.number) || row.stage === 'withdrawn') continue
    const into = incidents.find(({ stored }) => stored.has(row.number))
    await changes.withdraw(row, {
      into: into === undefined ? null : (numbers.get(into) ?? null),
      reason: `Folding the stored entries anew (version ${version}) no longer finds it.`,
    })
  }
}

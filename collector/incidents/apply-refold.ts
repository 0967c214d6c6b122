/** Applies what folding a matter anew found, or says how it differs from what is stored. */
import { isDeepStrictEqual } from 'node:util'
import { severities } from '#shared/vocabulary/levels.ts'
import { changeIncident, incidentById, incidentsByNumbers, type IncidentRow } from '#collector/store/incidents.ts'
import { markFolded, putPartsOn, saveMatter, takeAllOff } from '#collector/store/matters.ts'
import { quarantineEntry } from '#collector/store/quarantine.ts'
import { asOf, assignIncidents, partsOf } from '#collector/store/refolding.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Changes } from './changes.ts'
import type { Anchors } from './correlate/moment.ts'
import { incidentId } from './correlate/matter.ts'
import { pictureOf } from './correlate/correlate.ts'
import { endedOfMany } from './many-at-once.ts'
import { bootsIn, incidentOf } from './pictures.ts'
import type { Found, Refolded } from './refold.ts'

/** Which stored incident each found one is: by the entries that they hold. Where two become one, the one made first stays.
 *  One that gathers many matters is shared by them. */
async function matched(tx: Tx, { incidents, before }: Refolded): Promise<Map<Found, number>> {
  const own = new Set(before.map(({ number }) => number))
  const others = incidents.flatMap(({ stored }) => [...stored]).filter((number) => !own.has(number))
  const rows = await incidentsByNumbers(tx, [...new Set(others)])
  const shared = new Set(rows.filter(({ kind }) => kind === 'many-at-once').map(({ number }) => number))
  const taken = new Set<number>()
  const matches = new Map<Found, number>()
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
  const numbers = new Map<Found, number>()
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
async function open(changes: Changes, refolded: Refolded, found: Found, linkedTo: number | null): Promise<number> {
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

/** A gathering incident keeps its own count of events, which are its entries; how many of its matters go on is put right. */
async function change(changes: Changes, refolded: Refolded, found: Found, number: number): Promise<void> {
  const [stored] = await incidentsByNumbers(changes.tx, [number])
  if (stored === undefined) return
  if (stored.kind === 'many-at-once') {
    const ended = refolded.row.going_on - (refolded.goesOn ? 1 : 0)
    return ended === 0 || found !== refolded.incidents.at(-1) ? undefined : endedOfMany(changes, number, ended)
  }
  const { facts, boot, opening } = found
  const { kind } = refolded
  if (stored.opening_entry !== opening.id || stored.kind !== kind)
    await changeIncident(changes.tx, number, { opening_entry: opening.id, kind })
  await changes.update({ ...stored, kind }, { facts, boot, reopened: stored.stage === 'withdrawn' })
}

async function withdraw(
  changes: Changes,
  { incidents }: Refolded,
  before: readonly IncidentRow[],
  numbers: ReadonlyMap<Found, number>,
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

/** How what was found differs from what is stored, a line a difference; none: they agree. */
export async function differences(
  tx: Tx,
  refolded: Refolded,
  anchorsOf: (boots: readonly number[]) => Promise<Anchors>,
): Promise<string[]> {
  const { row, kind, before } = refolded
  const matches = await matched(tx, refolded)
  const lines: string[] = []
  for (const found of refolded.incidents) {
    const number = matches.get(found)
    const stored = number === undefined ? undefined : (await incidentsByNumbers(tx, [number]))[0]
    if (stored === undefined)
      lines.push(`matter ${row.id}: an incident that opens at entry ${found.opening.id} is not stored`)
    else if (stored.stage === 'withdrawn') lines.push(`incident ${number}: is withdrawn, and its entries make it`)
    else if (stored.kind !== 'many-at-once') {
      lines.push(...differs(stored, await shown(refolded, found, anchorsOf)))
      if (kind !== 'stay' && stored.facts !== found.facts)
        lines.push(`incident ${number}: what it is drawn from is not what its entries give`)
    }
    const others = number === undefined ? [] : found.entries.filter(({ incident }) => incident !== number)
    if (others.length > 0)
      lines.push(`incident ${number}: ${others.length} of its entries name another incident, or none`)
  }
  const kept = new Set(matches.values())
  for (const stored of before)
    if (!kept.has(stored.number) && stored.stage !== 'withdrawn')
      lines.push(`incident ${stored.number}: its entries no longer make it`)
  for (const { id, reason } of refolded.aside) lines.push(`entry ${id}: ${reason}`)
  const on = await partsOf(tx, row.id)
  const isSame = on.length === refolded.on.size && on.every(({ part }) => refolded.on.has(part))
  if (!isSame) lines.push(`matter ${row.id}: ${on.length} parts are stored as on, ${refolded.on.size} are`)
  if ((row.going_on === 1) !== refolded.goesOn && refolded.incidents.length > 0)
    lines.push(`matter ${row.id}: is stored as ${row.going_on === 1 ? 'going on' : 'ended'}`)
  lines.push(...(await keptApart(tx, refolded, matches)))
  if (refolded.loose.length > 0)
    lines.push(`matter ${row.id}: ${refolded.loose.length} entries name an incident that they do not belong to`)
  return lines
}

/** What the next event goes on from. Of a gathered matter the end of a boot stands in its row alone. */
async function keptApart(tx: Tx, { row, incidents, facts }: Refolded, matches: Map<Found, number>): Promise<string[]> {
  const newest = incidents.at(-1)
  if (newest === undefined) return []
  const number = matches.get(newest) ?? null
  const [stored] = number === null ? [] : await incidentsByNumbers(tx, [number])
  if (row.incident_number !== number)
    return [`matter ${row.id}: names incident ${row.incident_number}, its entries give ${number}`]
  if (stored?.kind === 'many-at-once' || row.facts === facts) return []
  return [`matter ${row.id}: what its next event goes on from is not what its entries give`]
}

const shown = async ({ kind }: Refolded, { facts }: Found, anchorsOf: (boots: readonly number[]) => Promise<Anchors>) =>
  pictureOf(kind, facts, await anchorsOf(bootsIn(kind, facts)))

/** What has no end of its own: that people closed it ended it. */
const endedWithClosing = ({ kind, stage }: IncidentRow): boolean =>
  (kind === 'fork' || kind === 'succession') && stage !== 'open'

/** How an incident's row differs from what it is made from. */
export function differs(stored: IncidentRow, fresh: ReturnType<typeof pictureOf>): string[] {
  const was = incidentOf(stored)
  const name = `incident ${stored.number}`
  if (fresh === undefined) return [`${name}: has no violation`]
  const columns: (readonly [string, unknown, unknown])[] = [
    ['kind', stored.kind, fresh.kind],
    ['severity', severities[stored.severity], fresh.severity],
    ['opened_at', stored.opened_at, fresh.openedAt],
    ['last_at', stored.last_at, fresh.lastAt],
    ...(endedWithClosing(stored) ? [] : [['ended_at', stored.ended_at ?? undefined, fresh.endedAt] as const]),
    ...(['severity', 'events', 'violations', 'openedAt', 'lastAt', 'endedAt', 'endedBy'] as const).map(
      (field) => [field, was[field], fresh[field]] as const,
    ),
  ]
  const lines = columns.flatMap(([field, before, after]) =>
    before === after ? [] : [`${name}: ${field} is ${String(before)}, its entries give ${String(after)}`],
  )
  const contacts = [was.network?.contacts, fresh.network?.contacts]
  if (contacts[0] !== contacts[1]) lines.push(`${name}: contacts is ${contacts[0]}, its entries give ${contacts[1]}`)
  if (JSON.stringify(was.rules) !== JSON.stringify(fresh.rules))
    lines.push(`${name}: its rules are not those of its entries`)
  return lines
}

/** How what folding a matter anew found differs from what is stored. */
import { severities } from '#shared/vocabulary/levels.ts'
import { incidentsByNumbers, type IncidentRow } from '#collector/store/incidents.ts'
import { partsOf } from '#collector/store/refolding.ts'
import type { Tx } from '#collector/store/schema.ts'
import { matched } from './apply-refold.ts'
import { pictureOf } from './correlate/correlate.ts'
import type { Anchors } from './correlate/moment.ts'
import { bootsIn, incidentOf } from './pictures.ts'
import type { FoundIncident, Refolded } from './refold.ts'

type AnchorsOf = (boots: readonly number[]) => Promise<Anchors>

/** How what was found differs from what is stored, a line a difference; none: they agree. */
export async function differences(tx: Tx, refolded: Refolded, anchorsOf: AnchorsOf): Promise<string[]> {
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
  lines.push(...(await keptApart(tx, refolded, matches, anchorsOf)))
  if (refolded.loose.length > 0)
    lines.push(`matter ${row.id}: ${refolded.loose.length} entries name an incident that they do not belong to`)
  return lines
}

/** What the next event goes on from. Of a gathered matter the end of a boot stands in its row alone. */
async function keptApart(
  tx: Tx,
  { row, kind, incidents, facts }: Refolded,
  matches: ReadonlyMap<FoundIncident, number>,
  anchorsOf: AnchorsOf,
): Promise<string[]> {
  const newest = incidents.at(-1)
  if (newest === undefined) return []
  const number = matches.get(newest) ?? null
  const [stored] = number === null ? [] : await incidentsByNumbers(tx, [number])
  if (row.incident_number !== number)
    return [`matter ${row.id}: names incident ${row.incident_number}, its entries give ${number}`]
  if (stored === undefined || stored.kind === 'many-at-once' || row.facts === facts) return []
  // Logs of two branches can tell of one stay in turn: then the order of what is named differs, and nothing else.
  if (kind === 'stay' && (await isDrawnFrom(stored, row.facts, anchorsOf))) return []
  return [`matter ${row.id}: what its next event goes on from is not what its entries give`]
}

async function isDrawnFrom(stored: IncidentRow, facts: string, anchorsOf: AnchorsOf): Promise<boolean> {
  try {
    return differs(stored, pictureOf('stay', facts, await anchorsOf(bootsIn('stay', facts)))).length === 0
  } catch {
    return false // torn
  }
}

const shown = async ({ kind }: Refolded, { facts }: FoundIncident, anchorsOf: AnchorsOf) =>
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

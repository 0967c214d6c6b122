/** The incident that gathers the further matters of an agent that floods. */
import {
  gatheringIncidents,
  incidentsByNumbers,
  type AgentPlace,
  type IncidentRow,
} from '#collector/store/incidents.ts'
import type { Changes } from './changes.ts'
import type { Placed } from './correlate/correlate.ts'
import type { MatterKind } from './correlate/incident.ts'
import { beginMany, gainMany } from './correlate/many.ts'
import { incidentId } from './correlate/matter.ts'
import { manyFacts } from './pictures.ts'
import { reopens } from './workflow/case.ts'

export interface More {
  readonly of: MatterKind
  /** The gathering incident that the matter is in already. */
  readonly current: IncidentRow | undefined
  /** The events that belong to it, and those of them that count as violations. */
  readonly own: readonly Placed[]
  readonly counted: readonly Placed[]
  readonly opened: number
  readonly on: number
}

/** Its number: the one that goes on, else a new one. */
export async function gatherMany(
  changes: Changes,
  place: AgentPlace,
  { bootId }: { bootId: number },
  { of, current, own, counted, opened, on }: More,
): Promise<number> {
  const [first] = counted.length > 0 ? counted : own
  const last = own.at(-1) ?? first
  if (first === undefined || last === undefined) throw new RangeError('Nothing was gathered.')
  // Read anew: another matter of the same events may just have changed it.
  const known = current && (await incidentsByNumbers(changes.tx, [current.number]))[0]
  const row = known !== undefined && manyFacts(known.facts) ? known : await gathering(changes, place, of)
  const facts = gainMany(manyFacts(row?.facts ?? null) ?? beginMany(of, first.at), {
    at: last.at,
    opened,
    on,
    events: own.length,
    violations: counted.map(({ sighting }) => sighting.event.verdicts),
    late: counted.some(({ late }) => late),
  })
  if (row !== undefined) {
    const reopened = counted.length > 0 && reopens(row.stage)
    await changes.update(row, { facts: JSON.stringify(facts), boot: bootId, reopened })
    return row.number
  }
  const { epoch, index, receivedAt } = first.sighting
  return changes.open({
    id: incidentId(place.agent, 'many-at-once', of, epoch, String(index)),
    kind: 'many-at-once',
    place,
    matterId: null,
    facts: JSON.stringify(facts),
    boot: bootId,
    arrivedAt: receivedAt,
    linkedTo: null,
  })
}

async function gathering({ tx }: Changes, { agentId }: AgentPlace, of: MatterKind): Promise<IncidentRow | undefined> {
  const rows = await gatheringIncidents(tx, agentId)
  return rows.find(({ facts }) => manyFacts(facts)?.of === of)
}

/** So many of its matters have ended, or go on again where it is below 0. */
export async function endedOfMany(changes: Changes, number: number, count: number, reopened = false): Promise<void> {
  const [row] = await incidentsByNumbers(changes.tx, [number])
  const facts = manyFacts(row?.facts ?? null)
  if (row === undefined || facts === undefined) return
  await changes.update(row, { facts: JSON.stringify({ ...facts, on: Math.max(0, facts.on - count) }), reopened })
}

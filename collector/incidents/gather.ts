/** Within the commit's transaction: loads the matters that events belong to, correlates, applies what came of it, and
 *  puts alerts in the outbox. */
import { severities } from '#shared/vocabulary/levels.ts'
import { alertsFor } from '#collector/alerts/due.ts'
import { putAlerts, withdrawAlerts } from '#collector/store/alerts.ts'
import { endpointById } from '#collector/store/endpoints.ts'
import { deleteIncident, incidentsOfMatter, nextRevision, saveIncident } from '#collector/store/incidents.ts'
import { bootsOf, goingOnMatters, openMatters, saveBoot, saveFacts } from '#collector/store/matters.ts'
import type { MatterRow } from '#collector/store/matters.ts'
import type { Db } from '#collector/store/schema.ts'
import { correlate, matterOf, type Correlated } from './correlate/correlate.ts'
import type { Incident, MatterKind, Sighting } from './correlate/incident.ts'
import { incidentOf } from './timeline.ts'

export interface Endpoint {
  readonly id: number
  readonly agent: string
}

export interface Gathered {
  /** Row number of the matter that each sighting belongs to; absent: it belongs to none. */
  readonly matterIds: ReadonlyMap<Sighting, number>
  /** Sightings whose correlation failed, with why: stored raw, and read again by a later version. */
  readonly failed: ReadonlyMap<Sighting, string>
  /** Incidents that are new, changed or gone. */
  readonly changed: readonly string[]
}

interface Group {
  readonly kind: MatterKind
  readonly key: string
  readonly sightings: Sighting[]
}

/** Gathers new events of one endpoint into its incidents. `now` in ms since 1970 stamps the alerts. */
export async function gatherIncidents(
  db: Db,
  endpoint: Endpoint,
  sightings: readonly Sighting[],
  about: { channels: readonly string[]; now: number },
): Promise<Gathered> {
  const { boots, newBoot } = await noteBoots(db, endpoint.id, sightings)
  const matterIds = new Map<Sighting, number>()
  const failed = new Map<Sighting, string>()
  const changed: string[] = []
  const done = new Set<number>()
  const work = async (row: MatterRow, kind: MatterKind, own: readonly Sighting[]): Promise<void> => {
    done.add(row.id)
    const known = { kind, agent: endpoint.agent, key: row.key, facts: row.facts === '' ? undefined : row.facts }
    const result = attempt(() => correlate(known, own, { boots }))
    if (!result.ok) return own.forEach((sighting) => failed.set(sighting, result.reason))
    for (const sighting of own) matterIds.set(sighting, row.id)
    if (result.value.facts !== row.facts) await saveFacts(db, row.id, result.value.facts)
    changed.push(...(await applyIncidents(db, endpoint, row.id, result.value, about)))
  }
  for (const [kind, groups] of byKind(sightings)) {
    const rows = await openMatters(db, endpoint.id, kind, [...groups.keys()])
    for (const row of rows) await work(row, kind, groups.get(row.key)?.sightings ?? [])
  }
  // A new boot ends what went on in an older one.
  if (newBoot)
    for (const row of await goingOnMatters(db, endpoint.id)) if (!done.has(row.id)) await work(row, row.kind, [])
  return { matterIds, failed, changed }
}

function byKind(sightings: readonly Sighting[]): Map<MatterKind, Map<string, Group>> {
  const kinds = new Map<MatterKind, Map<string, Group>>()
  for (const sighting of sightings) {
    const matter = matterOf(sighting)
    if (matter === undefined) continue
    const { kind, key } = matter
    const groups = kinds.get(kind) ?? new Map<string, Group>()
    kinds.set(kind, groups)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { kind, key, sightings: [sighting] })
    else group.sightings.push(sighting)
  }
  return kinds
}

/** One event that our own code stumbles over must not stop the rest: it would come again for ever. */
function attempt<T>(run: () => T): { ok: true; value: T } | { ok: false; reason: string } {
  try {
    return { ok: true, value: run() }
  } catch (error) {
    return { ok: false, reason: `not correlated: ${String(error)}`.slice(0, 200) }
  }
}

async function noteBoots(
  db: Db,
  endpointId: number,
  sightings: readonly Sighting[],
): Promise<{ boots: Record<string, number>; newBoot: boolean }> {
  const boots = await bootsOf(db, endpointId)
  let newBoot = false
  const earlier = new Map<string, number>()
  for (const { event, at } of sightings)
    if (at < (earlier.get(event.boot) ?? boots[event.boot] ?? Infinity)) earlier.set(event.boot, at)
  for (const [boot, at] of earlier) {
    boots[boot] = at
    newBoot = true
    await saveBoot(db, endpointId, boot, at)
  }
  return { boots, newBoot }
}

/** Brings the stored incidents of one matter to what correlation says; ids of those that differ. */
async function applyIncidents(
  db: Db,
  endpoint: Endpoint,
  matterId: number,
  { incidents }: Correlated,
  { channels, now }: { channels: readonly string[]; now: number },
): Promise<string[]> {
  const stored = await incidentsOfMatter(db, matterId)
  const gone = stored.filter(({ id }) => !incidents.some((incident) => incident.id === id))
  for (const { id } of gone) {
    await deleteIncident(db, id)
    await withdrawAlerts(db, id)
  }
  const changed: string[] = []
  for (const incident of incidents) {
    const old = stored.find(({ id }) => id === incident.id)
    const state = JSON.stringify(incident)
    if (old?.state === state) continue
    await storeIncident(db, endpoint.id, matterId, incident, state)
    await putAlerts(db, alertsFor(old && incidentOf(old), incident, { channels, at: now }))
    changed.push(incident.id)
  }
  return [...changed, ...gone.map(({ id }) => id)]
}

async function storeIncident(db: Db, endpointId: number, matterId: number, incident: Incident, state: string) {
  const endpoint = await endpointById(db, endpointId)
  if (endpoint === undefined) throw new Error(`There is no endpoint ${endpointId}.`)
  await saveIncident(db, {
    id: incident.id,
    matter_id: matterId,
    endpoint_id: endpointId,
    kind: incident.kind,
    department: endpoint.department,
    level: endpoint.level,
    severity: severities.indexOf(incident.severity),
    status: 'open',
    opened_at: incident.openedAt,
    last_at: incident.lastAt,
    ended_at: incident.endedAt ?? null,
    state,
    revision: await nextRevision(db),
  })
}

/** An incident's timeline: its events as they stand in the store. */
import { parseEvent, type Event } from '#shared/event/event.ts'
import type { IncidentRow } from '#collector/store/incidents.ts'
import type { Db } from '#collector/store/schema.ts'
import { eventsOfMatter, type StoredEvent } from '#collector/store/timeline.ts'
import type { Incident } from './correlate/incident.ts'

export interface TimelineEntry extends Omit<StoredEvent, 'line'> {
  readonly event: Event
}

export const incidentOf = (row: Pick<IncidentRow, 'state'>): Incident => JSON.parse(row.state)

export function readStored({ line, ...place }: StoredEvent): TimelineEntry {
  const parsed = parseEvent(Buffer.from(line).toString('utf8'))
  if (!parsed.ok)
    throw new Error(`Entry ${place.id} was understood when it was stored and is not now: ${parsed.reason}.`)
  return { ...place, event: parsed.event }
}

const inSpan = ({ mono }: Event, { span }: Incident): boolean =>
  span === undefined || (mono >= span.from && (span.to === undefined || mono < span.to))

/** In the order they were stored; `next` is the cursor of the next page, absent at the end. */
export async function timeline(
  db: Db,
  incident: IncidentRow,
  page: { after?: number; limit: number },
): Promise<{ entries: TimelineEntry[]; next?: number }> {
  const stored = await eventsOfMatter(db, incident.matter_id, page)
  const state = incidentOf(incident)
  const entries = stored.map(readStored).filter(({ event }) => inSpan(event, state))
  const last = stored.at(-1)
  return { entries, ...(last !== undefined && stored.length === page.limit && { next: last.id }) }
}

/** After an upgrade: what an older version could not understand is read again (CONTRACTS §4, Quarantined). */
import { parseEvent, severityOf } from '#shared/event/event.ts'
import { parseTime } from '#shared/vocabulary/clock.ts'
import { severities } from '#shared/vocabulary/levels.ts'
import { gatherIncidents } from '#collector/incidents/gather.ts'
import type { Store } from '#collector/store/database.ts'
import type { Hot } from '#collector/store/hot.ts'
import { quarantinedAfter, releaseEntry, type QuarantinedEntry } from '#collector/store/quarantine.ts'

const PAGE = 500

/** How many entries are understood now. Each in a transaction of its own: one that fails stays where it is. */
export async function rereadQuarantined(
  store: Store,
  hot: Hot,
  about: { channels: readonly string[]; now: number },
): Promise<number> {
  let released = 0
  for (let after = 0; ;) {
    const page = await quarantinedAfter(store.db, after, PAGE)
    for (const entry of page) if (await reread(store, hot, entry, about)) released += 1
    after = page.at(-1)?.id ?? after
    if (page.length < PAGE) return released
  }
}

function reread(
  { db }: Store,
  hot: Hot,
  entry: QuarantinedEntry,
  about: { channels: readonly string[]; now: number },
): Promise<boolean> {
  const parsed = parseEvent(Buffer.from(entry.line).toString('utf8'))
  if (!parsed.ok) return Promise.resolve(false)
  const { event } = parsed
  const { endpointId, agent, epoch, index, receivedAt } = entry
  const sighting = { event, agent, epoch, index, receivedAt, at: parseTime(event.trusted ?? event.at) }
  return db.transaction().execute(async (transaction) => {
    const gathered = await gatherIncidents(transaction, { id: endpointId, agent }, [sighting], about)
    if (gathered.failed.has(sighting)) return false
    const severity = severityOf(event)
    await releaseEntry(transaction, entry.id, {
      at: sighting.at,
      kind: hot.kindNumber(event.kind),
      severity: severity === undefined ? null : severities.indexOf(severity),
      matter_id: gathered.matterIds.get(sighting) ?? null,
    })
    return true
  })
}

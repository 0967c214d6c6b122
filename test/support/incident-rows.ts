/** What the store holds of incidents, in a form that two stores can be compared by: nothing that tells who came first. */
import type { Store } from '#collector/store/database.ts'
import { incidentOf } from '#collector/incidents/pictures.ts'

/** All that are not withdrawn, with the entries that name them. */
export const incidentRows = (store: Store) =>
  store.read(async (tx) => {
    const rows = await tx
      .selectFrom('incident')
      .selectAll()
      .where('stage', '!=', 'withdrawn')
      .orderBy('number')
      .execute()
    const entries = await tx
      .selectFrom('entry')
      .innerJoin('log', 'log.id', 'entry.log_id')
      .select(['epoch', 'idx', 'incident_number'])
      .where('incident_number', 'is not', null)
      .execute()
    return rows
      .map((row) => {
        const state = incidentOf(row)
        const own = entries.filter(({ incident_number: number }) => number === row.number)
        return {
          kind: row.kind,
          agent: row.agent_id,
          severity: row.severity,
          openedAt: row.opened_at,
          lastAt: row.last_at,
          endedAt: row.ended_at,
          endedBy: state.endedBy,
          events: state.events,
          violations: state.violations,
          contacts: state.network?.contacts,
          rules: state.rules,
          linked: row.linked_to !== null,
          entries: own.map(({ epoch, idx }) => `${epoch}/${idx}`).toSorted(),
        }
      })
      .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  })

/** Numbers, ids and stages, as people know them. */
export const incidentNames = (store: Store) =>
  store.read((tx) => tx.selectFrom('incident').select(['number', 'id', 'stage']).orderBy('number').execute())

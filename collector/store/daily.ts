/** What the daily mail says of incidents and endpoints. */
import { severities, type Severity } from '#shared/vocabulary/levels.ts'
import type { Tx } from './schema.ts'

/** Incidents that nobody has dealt with, by severity, worst first. */
export async function openIncidents(tx: Tx): Promise<{ severity: Severity; count: number }[]> {
  const counts: { severity: Severity; count: number }[] = []
  for (const [number, severity] of severities.entries()) {
    const open = tx.selectFrom('incident').where('stage', '=', 'open').where('severity', '=', number)
    const { count } = await open.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
    counts.push({ severity, count })
  }
  return counts
}

export interface UnseenEndpoint {
  readonly name: string
  readonly department: string
  /** ms since 1970; null: never. */
  readonly lastSeenAt: number | null
}

/** Endpoints in use whose agent has not been connected since then: how many, and the first by department and name. */
export async function unseenEndpoints(
  tx: Tx,
  { since, limit }: { since: number; limit: number },
): Promise<{ count: number; first: UnseenEndpoint[] }> {
  const unseen = tx
    .selectFrom('agent')
    .innerJoin('endpoint', 'endpoint.id', 'agent.endpoint_id')
    .where('agent.retired_at', 'is', null)
    .where('agent.connected_since', 'is', null)
    .where('endpoint.status', '=', 'confirmed')
    .where((is) => is.or([is('agent.last_seen_at', '<', since), is('agent.last_seen_at', 'is', null)]))
  const { count } = await unseen.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
  const first = await unseen
    .select(['endpoint.name', 'endpoint.department', 'agent.last_seen_at as lastSeenAt'])
    .orderBy('endpoint.department')
    .orderBy('endpoint.name')
    .limit(limit)
    .execute()
  return { count, first }
}

/** What is written and counted of the outbox's rows: the incidents that they are about, and how many wait. The list is
 *  `alert-lists.ts`. */
import { sql } from 'kysely'
import {
  levels,
  networkKinds,
  severities,
  type Level,
  type NetworkKind,
  type Severity,
} from '#shared/vocabulary/levels.ts'
import type { Incident } from '#collector/incidents/correlate/incident.ts'
import { incidentOf } from './pictures.ts'
import type { Tx } from './schema.ts'

/** What an alert is about, as it stands now. */
export interface AboutIncident {
  readonly number: number
  readonly id: string
  readonly stage: string
  readonly incident: Incident
  /** As they were when it was opened. */
  readonly department: string
  readonly level: Level
  readonly endpoint: {
    readonly name: string
    readonly host: string
    readonly responsible: string | null
    readonly networkKind: NetworkKind
  }
  /** The incident that has its entries now. */
  readonly withdrawnInto: number | undefined
}

const about = (tx: Tx) =>
  tx
    .selectFrom('incident')
    .innerJoin('endpoint', 'endpoint.id', 'incident.endpoint_id')
    .select(['incident.number', 'incident.id', 'incident.stage', 'incident.state', 'incident.department'])
    .select(['incident.kind', 'incident.severity', 'incident.opened_at', 'incident.last_at', 'incident.ended_at'])
    .select(['incident.level', 'incident.withdrawn_into', 'endpoint.name', 'endpoint.host'])
    .select(['endpoint.responsible', 'endpoint.network_kind'])

type AboutRow = Awaited<ReturnType<ReturnType<typeof about>['executeTakeFirstOrThrow']>>

const aboutOf = (row: AboutRow): AboutIncident => ({
  number: row.number,
  id: row.id,
  stage: row.stage,
  incident: incidentOf(row),
  department: row.department,
  // a value that this version does not know is taken for the most secret
  level: levels.find((known) => known === row.level) ?? 'top-secret',
  endpoint: {
    name: row.name,
    host: row.host,
    responsible: row.responsible,
    networkKind: networkKinds.find((known) => known === row.network_kind) ?? 'standalone',
  },
  withdrawnInto: row.withdrawn_into ?? undefined,
})

export async function aboutIncident(tx: Tx, number: number): Promise<AboutIncident> {
  return aboutOf(await about(tx).where('incident.number', '=', number).limit(1).executeTakeFirstOrThrow())
}

/** What a digest tells: how many by severity, and the first of them, worst and then newest first. */
export async function digestContents(
  tx: Tx,
  digest: string,
  limit: number,
): Promise<{ counts: { severity: Severity; count: number }[]; first: AboutIncident[] }> {
  const counts = await tx
    .selectFrom('alert')
    .select(['severity', ({ fn }) => fn.countAll<number>().as('count')])
    .where('digest', '=', digest)
    .groupBy(['digest', 'severity'])
    .execute()
  const first = await about(tx)
    .innerJoin('alert', 'alert.incident_number', 'incident.number')
    .where('alert.digest', '=', digest)
    .orderBy('alert.severity')
    .orderBy('alert.due_at', 'desc')
    .limit(limit)
    .execute()
  return { counts: counts.map((row) => ({ ...row, severity: severityOf(row.severity) })), first: first.map(aboutOf) }
}

export const severityOf = (number: number): Severity => severities[number] ?? 'critical'

export interface WaitingCount {
  readonly mailbox: string
  readonly waiting: number
  /** Since when the oldest of them could have gone out; in the future where all are in a pause. */
  readonly oldestAt: number
}

/** Both come from indexes alone, a mailbox at a time: a group of all rows would be sorted. */
export async function waitingCounts(tx: Tx): Promise<WaitingCount[]> {
  const rows = await tx
    .selectFrom('mailbox')
    .select((is) => {
      const waiting = is
        .selectFrom('alert')
        .whereRef('alert.mailbox', '=', 'mailbox.mailbox')
        .where('alert.state', '=', sql.lit('waiting'))
      return [
        'mailbox.mailbox',
        waiting.select(({ fn }) => fn.countAll<number>().as('count')).as('waiting'),
        waiting.select(({ fn }) => fn.min('alert.due_at').as('oldest')).as('oldestAt'),
      ]
    })
    .execute()
  return rows.flatMap(({ mailbox, waiting, oldestAt }) =>
    waiting === null || oldestAt === null ? [] : [{ mailbox, waiting, oldestAt }],
  )
}

export async function refusedCounts(tx: Tx): Promise<{ mailbox: string; refused: number }[]> {
  const rows = await tx
    .selectFrom('mailbox')
    .select((is) => [
      'mailbox.mailbox',
      is
        .selectFrom('alert')
        .whereRef('alert.mailbox', '=', 'mailbox.mailbox')
        .where('alert.state', '=', sql.lit('refused'))
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .as('refused'),
    ])
    .execute()
  return rows.flatMap(({ mailbox, refused }) => (refused === null || refused === 0 ? [] : [{ mailbox, refused }]))
}

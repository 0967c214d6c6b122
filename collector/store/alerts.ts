/** The outbox's rows: put in by the commit, in its transaction; taken out by the outbox, one attempt at a time. */
import type { Selectable } from 'kysely'
import { levels, networkKinds, type Level, type NetworkKind } from '#shared/vocabulary/levels.ts'
import type { Incident } from '#collector/incidents/correlate/incident.ts'
import type { AlertTable, Db } from './schema.ts'

export interface NewAlert {
  /** Of incident, reason and channel: one that is there already stays as it is. */
  readonly id: string
  readonly incidentId: string
  readonly reason: string
  readonly channel: string
  readonly createdAt: number
}

/** With what it is about as it stands now, not as it stood when the alert became due. */
export interface DueAlert {
  readonly id: string
  readonly reason: string
  readonly channel: string
  readonly attempts: number
  readonly incident: Incident
  readonly endpoint: {
    readonly name: string
    readonly host: string
    readonly department: string
    readonly responsible: string | null
    readonly level: Level
    readonly networkKind: NetworkKind
  }
}

const ROWS_AT_ONCE = 500 // × 10 columns, far below SQLite's 32,766 parameters
const MAX_ERROR_CHARACTERS = 500

/** Call it inside the transaction that made the alerts due. */
export async function putAlerts(db: Db, alerts: readonly NewAlert[]): Promise<void> {
  for (let from = 0; from < alerts.length; from += ROWS_AT_ONCE)
    await db
      .insertInto('alert')
      .values(alerts.slice(from, from + ROWS_AT_ONCE).map(newRow))
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute()
}

const newRow = ({ id, incidentId, reason, channel, createdAt }: NewAlert) => ({
  id,
  incident_id: incidentId,
  reason,
  channel,
  state: 'waiting' as const,
  created_at: createdAt,
  next_at: 0,
  attempts: 0,
  unseen_attempts: 0,
  delivered_at: null,
  last_error: null,
})

export interface Due {
  readonly channels: readonly string[]
  readonly now: number
  /** No retry is ever put off longer: what stands further away was written before the clock was set back, and is due. */
  readonly longestMs: number
  readonly limit: number
}

/** Alerts whose time has come, new ones first. */
export async function dueAlerts(db: Db, { channels, now, longestMs, limit }: Due): Promise<DueAlert[]> {
  if (channels.length === 0) return []
  const rows = await db
    .selectFrom('alert')
    .innerJoin('incident', 'incident.id', 'alert.incident_id')
    .innerJoin('endpoint', 'endpoint.id', 'incident.endpoint_id')
    .select(['alert.id', 'alert.reason', 'alert.channel', 'alert.attempts', 'incident.state', 'incident.department'])
    .select(['endpoint.name', 'endpoint.host', 'endpoint.responsible', 'endpoint.level', 'endpoint.network_kind'])
    .where('alert.state', '=', 'waiting')
    .where('alert.channel', 'in', channels)
    .where((is) => is.or([is('alert.next_at', '<=', now), is('alert.next_at', '>', now + longestMs)]))
    .orderBy('alert.next_at')
    .orderBy('alert.created_at')
    .limit(limit)
    .execute()
  return rows.map(({ id, reason, channel, attempts, state, level, network_kind: networkKind, ...about }) => ({
    id,
    reason,
    channel,
    attempts,
    incident: readIncident(state),
    endpoint: {
      ...about,
      // a value that this version does not know is taken for the most secret
      level: levels.find((known) => known === level) ?? 'top-secret',
      networkKind: networkKinds.find((known) => known === networkKind) ?? 'standalone',
    },
  }))
}

const readIncident = (state: string): Incident => JSON.parse(state)

/** Before the attempt: it counts as unseen until its end is recorded, and comes again at `nextAt` if we die in it. */
export async function beginAttempt(db: Db, id: string, nextAt: number): Promise<void> {
  await db
    .updateTable('alert')
    .set((is) => ({
      attempts: is('attempts', '+', 1),
      unseen_attempts: is('unseen_attempts', '+', 1),
      next_at: nextAt,
    }))
    .where('id', '=', id)
    .execute()
}

/** How an attempt ended. `error` is for people; `unseen`: it may have arrived all the same, and comes again. */
export type AttemptEnd =
  | { readonly state: 'delivered'; readonly at: number }
  | { readonly state: 'waiting'; readonly nextAt: number; readonly error: string; readonly unseen: boolean }
  | { readonly state: 'refused'; readonly error: string }

export async function endAttempt(db: Db, id: string, end: AttemptEnd): Promise<void> {
  const seen = end.state === 'waiting' && end.unseen ? 0 : 1
  await db
    .updateTable('alert')
    .set((is) => ({
      state: end.state,
      unseen_attempts: is('unseen_attempts', '-', seen),
      ...(end.state === 'delivered'
        ? { delivered_at: end.at }
        : { last_error: end.error.slice(0, MAX_ERROR_CHARACTERS) }),
      ...(end.state === 'waiting' ? { next_at: end.nextAt } : {}),
    }))
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .execute()
}

/** Alerts that wait for a channel which is no longer (or was not yet) configured go to those that are. */
export async function redirectAlerts(
  db: Db,
  channels: readonly string[],
  idOf: (incidentId: string, reason: string, channel: string) => string,
): Promise<void> {
  const lost = db.selectFrom('alert').where('state', '=', 'waiting').where('channel', 'not in', channels)
  for (;;) {
    const rows = await lost.selectAll().orderBy('created_at').limit(ROWS_AT_ONCE).execute()
    if (rows.length === 0) return
    await db.transaction().execute(async (transaction) => {
      const moved = rows.flatMap(({ incident_id: incidentId, reason, created_at: createdAt }) =>
        channels.map((channel) => ({ id: idOf(incidentId, reason, channel), incidentId, reason, channel, createdAt })),
      )
      await putAlerts(transaction, moved)
      const ids = rows.map(({ id }) => id)
      await transaction.deleteFrom('alert').where('id', 'in', ids).execute()
    })
  }
}

/** Correlation found that there is no such incident: what was not sent is not sent. What was, stays. */
export const withdrawAlerts = (db: Db, incidentId: string) =>
  db.deleteFrom('alert').where('incident_id', '=', incidentId).where('state', '=', 'waiting').execute()

export interface ChannelState {
  readonly channel: string
  readonly waiting: number
  readonly refused: number
  /** When the oldest that waits became due. */
  readonly oldestAt: number | null
  /** What the channel said last of one that waits or was refused. */
  readonly lastError: string | null
}

/** What has not gone out, by channel. */
export async function waitingCounts(db: Db): Promise<ChannelState[]> {
  const undelivered = db.selectFrom('alert as a').where('a.state', 'in', ['waiting', 'refused'])
  const rows = await undelivered
    .select((is) => [
      'a.channel',
      is.fn.countAll<number>().filterWhere('a.state', '=', 'waiting').as('waiting'),
      is.fn.countAll<number>().filterWhere('a.state', '=', 'refused').as('refused'),
      is.fn.min('a.created_at').filterWhere('a.state', '=', 'waiting').as('oldestAt'),
      is
        .selectFrom('alert as b')
        .select('b.last_error')
        .whereRef('b.channel', '=', 'a.channel')
        .where('b.state', 'in', ['waiting', 'refused'])
        .where('b.last_error', 'is not', null)
        .orderBy('b.next_at', 'desc')
        .limit(1)
        .as('lastError'),
    ])
    .groupBy('a.channel')
    .orderBy('a.channel')
    .execute()
  return rows.map(({ oldestAt, ...row }) => ({ ...row, oldestAt: oldestAt ?? null }))
}

/** How many alerts may have gone out twice: attempts whose end nobody saw, for ever. */
export async function possibleDoubles(db: Db): Promise<number> {
  const { sum } = await db
    .selectFrom('alert')
    .select(({ fn }) => fn.sum<number | null>('unseen_attempts').as('sum'))
    .executeTakeFirstOrThrow()
  return sum ?? 0
}

/** All there are, newest first, before that place. */
export function newestAlerts(
  db: Db,
  { before, limit }: { before?: { at: number; id: string }; limit: number },
): Promise<Selectable<AlertTable>[]> {
  let query = db.selectFrom('alert').selectAll()
  if (before !== undefined)
    query = query.where((eb) => eb(eb.refTuple('created_at', 'id'), '<', eb.tuple(before.at, before.id)))
  return query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
}

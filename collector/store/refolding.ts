/** What folding a matter anew reads and writes. */
import { newestLog, overSince } from './logs.ts'
import { slices } from './matters.ts'
import type { Tx } from './schema.ts'

export interface FoldedEntry {
  readonly id: number
  readonly index: number
  readonly receivedAt: number
  readonly line: Uint8Array | null
  readonly incidentNumber: number | null
}

/** The logs that have entries of the matter, in the order of the agent's logs. */
export async function logsOfMatter(tx: Tx, matterId: number): Promise<number[]> {
  const rows = await tx
    .selectFrom('log')
    .select('log.id')
    .where('log.id', 'in', (query) =>
      query.selectFrom('entry').select('log_id').distinct().where('matter_id', '=', matterId),
    )
    .orderBy('position')
    .execute()
  return rows.map(({ id }) => id)
}

/** The matter's events in one log after that index, in their order. */
export async function eventsOfMatterIn(
  tx: Tx,
  matterId: number,
  logId: number,
  after: number,
  limit: number,
): Promise<FoldedEntry[]> {
  return tx
    .selectFrom('entry')
    .select(['id', 'idx as index', 'received_at as receivedAt', 'line', 'incident_number as incidentNumber'])
    .where('matter_id', '=', matterId)
    .where('log_id', '=', logId)
    .where('idx', '>', after)
    .where('state', '=', 0)
    .orderBy('idx')
    .limit(limit)
    .execute()
}

/** What a fold depends on besides the entries' own bytes: where it is another by now, something came meanwhile. */
export interface AsOf {
  /** Of the matter. */
  readonly entries: number
  /** The agent's newest log: it may have ended what was on. */
  readonly log: number | undefined
  /** Since when its branch does not go on. */
  readonly over: number | undefined
}

export const asOf = async (
  tx: Tx,
  { id, agent_id, branch }: { id: number; agent_id: number; branch: number },
): Promise<AsOf> => ({
  entries: await countOfMatter(tx, id),
  log: (await newestLog(tx, agent_id))?.id,
  over: await overSince(tx, branch),
})

async function countOfMatter(tx: Tx, matterId: number): Promise<number> {
  const { count } = await tx
    .selectFrom('entry')
    .select((is) => is.fn.countAll<number>().as('count'))
    .where('matter_id', '=', matterId)
    .executeTakeFirstOrThrow()
  return count
}

export async function assignIncidents(tx: Tx, entries: readonly number[], incident: number | null): Promise<void> {
  for (const some of slices(entries))
    await tx.updateTable('entry').set({ incident_number: incident }).where('id', 'in', some).execute()
}

/** The parts of the matter that are on. */
export async function partsOf(tx: Tx, matterId: number): Promise<{ bootId: number; part: string }[]> {
  const rows = await tx
    .selectFrom('broken_part')
    .select(['boot_id', 'part'])
    .where('matter_id', '=', matterId)
    .execute()
  return rows.map(({ boot_id, part }) => ({ bootId: boot_id, part }))
}

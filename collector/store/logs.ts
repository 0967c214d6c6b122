/** Agents' logs: what is needed to check what comes next, and to prove what is there. */
import type { Insertable, Selectable } from 'kysely'
import type { Tx } from './schema.ts'
import type { LogTable } from './tables/logs.ts'

export type LogRow = Selectable<LogTable>

/** A log with the UUID of its boot. */
export interface KnownLogRow extends LogRow {
  readonly boot: string
}

const known = (tx: Tx) =>
  tx.selectFrom('log').innerJoin('boot', 'boot.id', 'log.boot_id').selectAll('log').select('boot.boot')

/** Of these epochs those that are stored. */
export function logsByEpochs(tx: Tx, agentId: number, epochs: readonly string[]): Promise<KnownLogRow[]> {
  return known(tx).where('log.agent_id', '=', agentId).where('epoch', 'in', epochs).execute()
}

export const logByEpoch = (tx: Tx, agentId: number, epoch: string): Promise<KnownLogRow | undefined> =>
  known(tx).where('log.agent_id', '=', agentId).where('epoch', '=', epoch).limit(1).executeTakeFirst()

export const logById = (tx: Tx, id: number): Promise<KnownLogRow | undefined> =>
  known(tx).where('log.id', '=', id).limit(1).executeTakeFirst()

/** The agent's newest log in its order. */
export const newestLog = (tx: Tx, agentId: number): Promise<KnownLogRow | undefined> =>
  known(tx).where('log.agent_id', '=', agentId).orderBy('position', 'desc').limit(1).executeTakeFirst()

/** The first log of the agent after that place. */
export const logAfter = (tx: Tx, agentId: number, position: number): Promise<KnownLogRow | undefined> =>
  known(tx)
    .where('log.agent_id', '=', agentId)
    .where('position', '>', position)
    .orderBy('position')
    .limit(1)
    .executeTakeFirst()

/** Logs that name that epoch as the one before them, the oldest first; at most `limit`. */
export const logsNaming = (tx: Tx, agentId: number, epoch: string, limit: number): Promise<KnownLogRow[]> =>
  known(tx)
    .where('log.agent_id', '=', agentId)
    .where('previous', '=', epoch)
    .orderBy('log.previous')
    .orderBy('log.id')
    .limit(limit)
    .execute()

/** The logs of a branch after that place, in their order; at most `limit`. */
export const branchAfter = (tx: Tx, branch: number, position: number, limit: number): Promise<KnownLogRow[]> =>
  known(tx).where('branch', '=', branch).where('position', '>', position).orderBy('position').limit(limit).execute()

/** The last log of a branch before that place. */
export const branchBefore = (tx: Tx, branch: number, position: number): Promise<KnownLogRow | undefined> =>
  known(tx)
    .where('branch', '=', branch)
    .where('position', '<', position)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst()

/** Its row number. The first of a branch names itself: `branch` is null then. */
export async function insertLog(
  tx: Tx,
  {
    branch,
    ...log
  }: Omit<Insertable<LogTable>, 'id' | 'branch' | 'forked' | 'over_at' | 'again_to'> & { branch: number | null },
): Promise<number> {
  const { id } = await tx
    .insertInto('log')
    .values({ ...log, branch: branch ?? 0, forked: 0, over_at: null, again_to: 0 })
    .returning('id')
    .executeTakeFirstOrThrow()
  if (branch === null) await tx.updateTable('log').set({ branch: id }).where('id', '=', id).execute()
  return id
}

export type LogGrowth = Pick<
  LogRow,
  'size' | 'frontier' | 'checkpoint' | 'last_mono' | 'last_trusted' | 'last_wall' | 'judged_from'
>

/** False where it no longer has the size that it was read with: somebody else wrote it, and nothing changed. */
export async function growLog(tx: Tx, id: number, from: number, growth: LogGrowth): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('log')
    .set(growth)
    .where('id', '=', id)
    .where('size', '=', from)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Nothing of these branches is taken to go on any more. */
export async function markOver(tx: Tx, branches: readonly number[], at: number): Promise<void> {
  await tx.updateTable('log').set({ over_at: at }).where('id', 'in', branches).execute()
}

/** Since when nothing of the branch is taken to go on; undefined: it goes on. */
export async function overSince(tx: Tx, branch: number): Promise<number | undefined> {
  const row = await tx.selectFrom('log').select('over_at').where('id', '=', branch).limit(1).executeTakeFirst()
  return row?.over_at ?? undefined
}

export async function flagForked(tx: Tx, ids: readonly number[]): Promise<void> {
  await tx.updateTable('log').set({ forked: 1 }).where('id', 'in', ids).execute()
}

export interface StoredEntry {
  readonly idx: number
  readonly state: number
  readonly line: Uint8Array | null
  readonly leaf: Uint8Array | null
}

/** Entries of one log from index `from` on and below `below`, in their order. */
export const entriesOf = (tx: Tx, logId: number, from: number, below: number): Promise<StoredEntry[]> =>
  tx
    .selectFrom('entry')
    .select(['idx', 'state', 'line', 'leaf'])
    .where('log_id', '=', logId)
    .where('idx', '>=', from)
    .where('idx', '<', below)
    .orderBy('idx')
    .execute()

/** The index after the last entry that is there. */
export async function lastIndexOf(tx: Tx, logId: number): Promise<number> {
  const last = await tx
    .selectFrom('entry')
    .select('idx')
    .where('log_id', '=', logId)
    .orderBy('idx', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last === undefined ? 0 : last.idx + 1
}

/** The refused half of a fork: of each log the first is kept whole, further ones are counted. True where it is the first. */
export async function keepFork(
  tx: Tx,
  fork: { log_id: number; at: number; idx: number; line: Uint8Array; checkpoint: string },
): Promise<boolean> {
  const { count } = await tx
    .insertInto('fork')
    .values({ ...fork, count: 1 })
    .onConflict((conflict) => conflict.column('log_id').doUpdateSet((is) => ({ count: is('fork.count', '+', 1) })))
    .returning('count')
    .executeTakeFirstOrThrow()
  return count === 1
}

/** Entries of its end are not there any more: it is smaller than it was said to be. Entries beyond that, behind a hole, are
 *  moved out of the way by their new coming. */
export async function shrinkLog(
  tx: Tx,
  id: number,
  from: number,
  to: { size: number; frontier: Uint8Array },
): Promise<void> {
  await tx
    .updateTable('log')
    .set((is) => ({ ...to, again_to: is.fn('max', [is.val(from), 'again_to']) }))
    .where('id', '=', id)
    .where('size', '=', from)
    .execute()
}

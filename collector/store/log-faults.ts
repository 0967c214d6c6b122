/** Logs that do not go on as they had to: forked ones, and those whose beginning does not fit what was before. */
import { sql } from 'kysely'
import type { Tx } from './schema.ts'

export interface ForkedLog {
  readonly agent: string
  readonly epoch: string
  /** Of the refused half, where there is one: two logs can also each name the same one before. */
  readonly at: number | null
  readonly index: number | null
  readonly times: number | null
}

/** At most `limit`, the newest first. */
export const forkedLogs = (tx: Tx, limit: number): Promise<ForkedLog[]> =>
  tx
    .selectFrom('log')
    .innerJoin('agent', 'agent.id', 'log.agent_id')
    .leftJoin('fork', 'fork.log_id', 'log.id')
    .select(['agent.agent', 'log.epoch', 'fork.at', 'fork.idx as index', 'fork.count as times'])
    .where('log.forked', '=', sql.lit(1)) // as its index says it
    .where('log.id', '<', Number.MAX_SAFE_INTEGER)
    .orderBy('log.id', 'desc')
    .limit(limit)
    .execute()

export interface BrokenLog {
  readonly agent: string
  readonly epoch: string
  /** JSON of what was expected of its first event, and what it said. */
  readonly broken: string
}

/** At most `limit`, the newest first. */
export const brokenLogs = (tx: Tx, limit: number): Promise<BrokenLog[]> =>
  tx
    .selectFrom('log')
    .innerJoin('agent', 'agent.id', 'log.agent_id')
    .select(['agent.agent', 'log.epoch', 'log.broken'])
    .where('log.broken', 'is not', null)
    .where('log.id', '<', Number.MAX_SAFE_INTEGER)
    .orderBy('log.id', 'desc')
    .limit(limit)
    .$narrowType<{ broken: string }>()
    .execute()

/** Logs that do not go on as they had to: forked ones, and those whose beginning does not fit what was before. */
import { sql } from 'kysely'
import type { Tx } from './schema.ts'

/** Whose log it is. */
interface OfLog {
  /** Row number of the log. */
  readonly id: number
  readonly agent: string
  readonly endpoint: string
  readonly epoch: string
}

export interface ForkedLog extends OfLog {
  /** Of the refused half, where there is one: two logs can also each name the same one before. */
  readonly at: number | null
  readonly index: number | null
  readonly times: number | null
}

/** Which of them: the newest first, behind that one. */
export interface LogPage {
  readonly before?: number
  readonly limit: number
}

const ofMachine = (tx: Tx, { before = Number.MAX_SAFE_INTEGER, limit }: LogPage) =>
  tx
    .selectFrom('log')
    .innerJoin('agent', 'agent.id', 'log.agent_id')
    .innerJoin('endpoint', 'endpoint.id', 'agent.endpoint_id')
    .select(['log.id', 'agent.agent', 'endpoint.name as endpoint', 'log.epoch'])
    .where('log.id', '<', before)
    .orderBy('log.id', 'desc')
    .limit(limit)

export const forkedLogs = (tx: Tx, page: LogPage): Promise<ForkedLog[]> =>
  ofMachine(tx, page)
    .leftJoin('fork', 'fork.log_id', 'log.id')
    .select(['fork.at', 'fork.idx as index', 'fork.count as times'])
    .where('log.forked', '=', sql.lit(1)) // as its index says it
    .execute()

export interface BrokenLog extends OfLog {
  /** JSON of what was expected of its first event, and what it said. */
  readonly broken: string
}

export const brokenLogs = (tx: Tx, page: LogPage): Promise<BrokenLog[]> =>
  ofMachine(tx, page)
    .select('log.broken')
    .where('log.broken', 'is not', null)
    .$narrowType<{ broken: string }>()
    .execute()

export async function countLogFaults(tx: Tx): Promise<{ forked: number; broken: number }> {
  const logs = tx.selectFrom('log').select(({ fn }) => fn.countAll<number>().as('count'))
  const forked = await logs.where('forked', '=', sql.lit(1)).where('id', '>', 0).executeTakeFirstOrThrow()
  const broken = await logs.where('broken', 'is not', null).where('id', '>', 0).executeTakeFirstOrThrow()
  return { forked: forked.count, broken: broken.count }
}

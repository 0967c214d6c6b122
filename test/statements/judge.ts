/** What SQLite would do for a statement, and whether that costs more with every day that passes. The product never runs
 *  ANALYZE, so the planner decides by the tables' form alone: an empty store tells the same as a full one. */
import type { DatabaseSync } from 'node:sqlite'

export interface Statement {
  /** The function of the store that ran it. */
  readonly by: string
  readonly sql: string
}

export interface Recorded {
  readonly called: readonly string[]
  readonly statements: readonly Statement[]
}

export interface Allowed {
  readonly by: string
  /** A line of the plan, as SQLite words it. */
  readonly step: string
  readonly because: string
}

export interface Fault extends Statement {
  readonly step: string
}

/** Tables that stay as small as the site is; every other one of the store grows with time. */
const SMALL = new Set(
  'account agent endpoint incident_count kind kysely_migration kysely_migration_lock ledger mailbox session store token'.split(
    ' ',
  ),
)

/** Lists of parameters and of rows come in any length: one text stands for all of them. */
const canonical = (sql: string): string =>
  sql
    .replace(/\bin \(\?(?:, ?\?)*\)/gi, 'in (?, ?, ?)')
    .replace(/(\((?:\?|null|\d+)(?:, ?(?:\?|null|\d+))*\))(?:, ?\((?:\?|null|\d+)(?:, ?(?:\?|null|\d+))*\))+/gi, '$1')

/** Every step of a plan that reads or sorts all of a table that grows, and is not allowed. A statement that cannot be
 *  explained is a fault too. `matched` hears which allowances were needed. */
export function faultsOf(
  db: DatabaseSync,
  statements: readonly Statement[],
  allowed: readonly Allowed[],
  matched: (allowance: Allowed) => void = () => undefined,
): Fault[] {
  const unique = new Map(
    statements.map(({ by, sql }): [string, Statement] => [`${by} ${canonical(sql)}`, { by, sql: canonical(sql) }]),
  )
  return [...unique.values()].flatMap((statement) =>
    costlySteps(db, statement.sql).flatMap((step): Fault[] => {
      const allowance = allowed.find((each) => each.by === statement.by && each.step === step)
      if (allowance === undefined) return [{ ...statement, step }]
      matched(allowance)
      return []
    }),
  )
}

function costlySteps(db: DatabaseSync, sql: string): string[] {
  if (!/^\s*(select|update|delete|insert|with)\b/i.test(sql)) return []
  const grows = growing(db, sql)
  if (grows.size === 0) return []
  return stepsOf(db, sql).filter((step) => {
    if (step.startsWith('cannot be explained')) return true
    if (step.startsWith('USE TEMP B-TREE')) return true
    const [, table] = /^(?:SCAN|SEARCH) (\w+)/.exec(step) ?? []
    if (table === undefined || !grows.has(table)) return false
    return step.startsWith('SCAN') ? !/VIRTUAL TABLE|CONSTANT ROW/.test(step) : step.includes('AUTOMATIC')
  })
}

function stepsOf(db: DatabaseSync, sql: string): string[] {
  try {
    const rows = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
    return [...new Set(rows.map(({ detail }) => String(detail)))]
  } catch (error) {
    return [`cannot be explained: ${error instanceof Error ? error.message : String(error)}`]
  }
}

/** Names by which a plan may call the tables of the statement that grow. */
function growing(db: DatabaseSync, sql: string): Set<string> {
  const known = new Set(
    db
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all()
      .map(({ name }) => String(name)),
  )
  const named = sql.matchAll(/\b(?:from|join|update|into)\s+"?(\w+)"?(?:\s+as\s+"?(\w+)"?)?/gi)
  return new Set(
    [...named].flatMap(([, table = '', alias]) =>
      known.has(table) && !SMALL.has(table) ? [table, alias ?? table] : [],
    ),
  )
}

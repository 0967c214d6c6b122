/** What is not well with what came: refused, set aside, seen twice, or not going on where it had to. */
import type { Visible } from '#collector/access/visible.ts'
import { type BrokenLog, brokenLogs, type ForkedLog, forkedLogs } from '#collector/store/log-faults.ts'
import { countQuarantined } from '#collector/store/quarantine.ts'
import { countRefusalsSince, listRefusals, type RefusalRow } from '#collector/store/refusals.ts'
import type { Tx } from '#collector/store/schema.ts'

const SHOWN = 50
const DAY_MS = 86_400_000

export interface Succession extends Omit<BrokenLog, 'broken'> {
  readonly expected: string
  readonly given: string
}

export interface Faults {
  readonly quarantined: number
  readonly refusals: { readonly lastDay: number; readonly newest: RefusalRow[] }
  readonly forks: ForkedLog[]
  readonly successions: Succession[]
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** One that is torn is shown all the same, without its words. */
function readBroken({ agent, epoch, broken }: BrokenLog): Succession {
  const { expected = '', given = '' } = wordsOf(broken)
  return { agent, epoch, expected: text(expected), given: text(given) }
}

function wordsOf(broken: string): { expected?: unknown; given?: unknown } {
  try {
    return Object(JSON.parse(broken))
  } catch {
    return {}
  }
}

/** The newest 50 of each. */
export async function faultsOf(tx: Tx, visible: Visible, now: number): Promise<Faults> {
  if (visible === 'nothing') return { quarantined: 0, refusals: { lastDay: 0, newest: [] }, forks: [], successions: [] }
  return {
    quarantined: await countQuarantined(tx),
    refusals: { lastDay: await countRefusalsSince(tx, now - DAY_MS), newest: await listRefusals(tx, SHOWN) },
    forks: await forkedLogs(tx, SHOWN),
    successions: (await brokenLogs(tx, SHOWN)).map(readBroken),
  }
}

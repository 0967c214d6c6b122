/** What is not well with what came: refused, set aside, seen twice, or not going on where it had to. How many there are, and
 *  which. */
import type { Visible } from '#collector/access/visible.ts'
import { brokenLogs, countLogFaults, forkedLogs, type BrokenLog } from '#collector/store/log-faults.ts'
import { countQuarantined, listQuarantined } from '#collector/store/quarantine.ts'
import { countRefusalsSince, listRefusals } from '#collector/store/refusals.ts'
import type { Tx } from '#collector/store/schema.ts'

const DAY_MS = 86_400_000

export interface FaultCounts {
  readonly quarantined: number
  /** Messages refused since then: of the last 24 hours. */
  readonly refused: { readonly count: number; readonly since: number }
  readonly forked: number
  readonly broken: number
}

export async function countFaults(tx: Tx, visible: Visible, now: number): Promise<FaultCounts> {
  const since = now - DAY_MS
  if (visible === 'nothing') return { quarantined: 0, refused: { count: 0, since }, forked: 0, broken: 0 }
  return {
    quarantined: await countQuarantined(tx),
    refused: { count: await countRefusalsSince(tx, since), since },
    ...(await countLogFaults(tx)),
  }
}

/** Flat: which of the rest there is depends on what it is. */
export interface Fault {
  /** Row number, within its kind. */
  readonly id: number
  readonly at?: number | null
  readonly endpoint: string | null
  readonly agent: string | null
  readonly epoch: string | null
  /** Where in the log. */
  readonly index?: number | null
  readonly code?: string
  readonly detail?: string | null
  readonly peer?: string
  readonly times?: number | null
  readonly expected?: string
  readonly given?: string
}

export type FaultKind = 'refused' | 'quarantined' | 'forked' | 'broken'

/** Where a page ended. */
export interface FaultPlace {
  readonly at: number
  readonly number: number
}

export interface FaultPage {
  readonly of: FaultKind
  /** Of refusals: since that moment. */
  readonly since: number
  readonly before?: FaultPlace
  readonly limit: number
}

/** The newest first. */
export async function listFaults(tx: Tx, visible: Visible, page: FaultPage) {
  if (visible === 'nothing') return { items: [], total: 0 }
  const read = await readers[page.of](tx, { ...page, limit: page.limit + 1 })
  const items = read.slice(0, page.limit)
  const last = read.length > page.limit ? items.at(-1) : undefined
  const total = await count[page.of](tx, page)
  return { items, total, ...(last && { next: { at: last.at ?? 0, number: last.id } }) }
}

type Reader<Answer> = (tx: Tx, page: FaultPage) => Promise<Answer>

const behind = ({ before, limit }: FaultPage) => ({ limit, ...(before && { before: before.number }) })

const readers: Readonly<Record<FaultKind, Reader<Fault[]>>> = {
  refused: async (tx, page) =>
    (await listRefusals(tx, page)).map(({ from_idx: index, ...refusal }) => ({ ...refusal, index })),
  quarantined: async (tx, page) =>
    (await listQuarantined(tx, behind(page))).map(({ receivedAt: at, reason: detail, ...entry }) => ({
      ...entry,
      at,
      detail,
    })),
  forked: (tx, page) => forkedLogs(tx, behind(page)),
  broken: async (tx, page) => (await brokenLogs(tx, behind(page))).map(readBroken),
}

const count: Readonly<Record<FaultKind, Reader<number>>> = {
  refused: (tx, { since }) => countRefusalsSince(tx, since),
  quarantined: (tx) => countQuarantined(tx),
  forked: async (tx) => (await countLogFaults(tx)).forked,
  broken: async (tx) => (await countLogFaults(tx)).broken,
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** One that is torn is shown all the same, without its words. */
function readBroken({ broken, ...log }: BrokenLog): Fault {
  const { expected = '', given = '' } = wordsOf(broken)
  return { ...log, expected: text(expected), given: text(given) }
}

function wordsOf(broken: string): { expected?: unknown; given?: unknown } {
  try {
    return Object(JSON.parse(broken))
  } catch {
    return {}
  }
}

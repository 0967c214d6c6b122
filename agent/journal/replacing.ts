/** What takes the place of a log that the collector refuses. Runs inside a transaction of the journal. */
import { randomUUID } from 'node:crypto'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Previous } from '#shared/event/kinds.ts'
import { append, emptyFrontier, leafHash, rootOf, type Frontier } from '#shared/evidence/merkle.ts'
import { Time } from '#shared/vocabulary/time.ts'
import { Whole } from '#shared/vocabulary/ids.ts'
import type { FirstLine } from './journal.ts'
import type { LogRow, Logs } from './logs.ts'
import type { Reading } from './reading.ts'

/** Of a log that is written again: its boot, and when what it holds began; without a time it begins now. */
export interface Again {
  readonly boot: string
  readonly since?: { readonly at: string; readonly mono: number }
}

export const previousOf = (
  log: Pick<LogRow, 'epoch' | 'size' | 'frontier'>,
  ended: Previous['ended'],
  at: string,
): Previous => ({ epoch: log.epoch, size: log.size, root: rootOf(log.frontier).toString('hex'), ended, at })

/** Leaves of the refused log what has its receipt, `kept`, and moves the rest into a new one right after it. Where nothing
 *  is left the refused one goes, and the new one names what it had named. Undefined where there is nothing to move, and
 *  nobody who needs a log to go on in. */
export function replace(
  { logs, reading }: { logs: Logs; reading: Pick<Reading, 'extend'> },
  refused: LogRow,
  kept: Frontier,
  { first, lastAt, isRunning }: { first: FirstLine; lastAt: string; isRunning: boolean },
): { readonly id: number; readonly frontier: Frontier } | undefined {
  const { id: from, boot, epoch, position } = refused
  if (kept.size === refused.size && !isRunning) return undefined
  const goes = kept.size === 0
  const previous = goes
    ? refused.previous && { ...refused.previous, ended: 'refused' as const, at: lastAt }
    : previousOf({ epoch, size: kept.size, frontier: kept }, 'refused', lastAt)
  const since = stampsOf(logs.line(from, kept.size))
  const line = first(previous, { boot, ...(since && { since }) })
  const id = logs.add({ epoch: randomUUID(), position: position + 1, boot, previous, lastAt: refused.lastAt })
  logs.addEntry(id, 0, line)
  logs.move({ id: from, index: kept.size }, { id, index: 1 })
  const frontier = reading.extend(id, append(emptyFrontier, [leafHash(line)]))
  logs.set(id, frontier, refused.lastAt)
  if (goes) logs.drop(from)
  else logs.set(from, kept, refused.lastAt)
  return { id, frontier }
}

const stamps = Compile(Type.Object({ at: Time, mono: Whole }))

/** Of a line that is an event, as all are that the recorder writes. */
function stampsOf(line: string | undefined): Again['since'] {
  const value: unknown = line === undefined ? undefined : JSON.parse(line)
  return stamps.Check(value) ? { at: value.at, mono: value.mono } : undefined
}

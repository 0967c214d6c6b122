/** The agent's durable store of its logs: every promise is on the disk before it is made. */
import { randomUUID } from 'node:crypto'
import type { Previous } from '#shared/event/kinds.ts'
import type { Receipt } from '#shared/evidence/checkpoint.ts'
import { append, emptyFrontier, leafHash, rootOf, type Frontier } from '#shared/evidence/merkle.ts'
import { timeNow, type Clock } from '#shared/vocabulary/clock.ts'
import { groupCommits } from './commits.ts'
import { JournalError, JournalFullError, openFile, PAGE_BYTES } from './format.ts'
import { openLogs, type LogRow } from './logs.ts'
import { openReading, type Batch } from './reading.ts'
import { previousOf, replace, type Again } from './replacing.ts'

export interface LogState {
  readonly epoch: string
  readonly size: number
  /** How many of them the collector has said it holds. */
  readonly receipted: number
}
/** The first line of a log, `agent.started`, given what it has to say of the log before it; `again` where the log takes
 *  the place of a refused one. */
export type FirstLine = (previous: Previous | undefined, again?: Again) => string

export interface Journal extends AsyncDisposable {
  /** Where the file lies that was there and could not be used: what was in it and not yet sent is missing. */
  readonly damaged?: string
  /** Opens this run's log, all of whose events are of this boot. Once, before anything is appended. */
  begin: (boot: string, first: FirstLine) => Promise<void>
  /** Resolves to the log's new size when the lines are in this run's log and on the disk. Callers at the same moment
   *  share one commit. Rejects with JournalFullError where there is no room: then none of the lines is there. */
  append: (lines: readonly string[]) => Promise<number>
  /** Every log held, in the order in which they are sent; this run's is the last. */
  logs: () => LogState[]
  newest: () => LogState | undefined
  /** Entries from index `from` on, as many as one message carries, their bytes exactly as they were hashed. Undefined
   *  where there is no such place. */
  read: (epoch: string, from: number) => Promise<Batch | undefined>
  /** The root of the first `size` entries; undefined where the log is smaller or not here. */
  root: (epoch: string, size: number) => Promise<Buffer | undefined>
  /** The collector holds all that the receipt says. An older receipt than before changes nothing. */
  acknowledge: (receipt: Receipt, note: string) => Promise<void>
  newestReceipt: () => string | undefined
  /** An entry that the collector refuses is sent as a tombstone from now on; its line stays here. */
  bury: (epoch: string, index: number, reason: string) => Promise<void>
  /** The collector refuses this log as it goes on: what it has no receipt for moves, in order and byte for byte, into a new
   *  log of the same boot, which takes its place. Recording goes on in this run's log, or where that was the refused one,
   *  in the new one. */
  beginAnew: (epoch: string, first: FirstLine) => Promise<void>
  /** Logs that were wholly receipted before then go, this run's excepted. */
  prune: (beforeSeconds: number) => Promise<void>
  keep: (name: string, value: string) => Promise<void>
  kept: (name: string) => string | undefined
  /** Marks this run's log as ended in order. */
  endClean: () => Promise<void>
  fill: () => { bytes: number; limitBytes: number; unreceipted: number }
  /** Calls back after every commit that made a log larger; returns what ends it. */
  onGrown: (listener: () => void) => () => void
}

interface Current {
  readonly id: number
  readonly frontier: Frontier
}

/** Throws JournalError where another agent has the file, or a newer version wrote it. */
export function openJournal(options: { file: string; limitBytes: number }, { clock }: { clock: Clock }): Journal {
  const { db, damaged } = openFile(options.file, options.limitBytes)
  const logs = openLogs(db)
  const reading = openReading(logs)
  const listeners = new Set<() => void>()
  // `draft` is what the transaction under way makes of `current`.
  let current: Current | undefined
  let draft: Current | undefined
  const commits = groupCommits(db, {
    committed: () => {
      const grew = draft !== current
      current = draft
      if (grew) for (const listener of listeners) listener()
    },
    rolledBack: () => {
      draft = current
    },
  })

  // A run must be able to begin, and a receipt to be kept, in a full file too. What this adds is a page or two at a time;
  // only a log that begins anew may for a moment take as much again as the file has.
  const essential = <T>(work: () => T): Promise<T> =>
    commits.run(() => {
      logs.limitPages(Math.floor((2 * options.limitBytes) / PAGE_BYTES))
      try {
        return work()
      } finally {
        logs.limitPages(Math.floor(options.limitBytes / PAGE_BYTES))
      }
    })
  const write = (lines: readonly string[]): number => {
    if (draft === undefined) throw new JournalError('The journal has no log yet: begin comes first.')
    const { id, frontier } = draft
    for (const [i, line] of lines.entries()) logs.addEntry(id, frontier.size + i, line)
    draft = { id, frontier: append(frontier, lines.map(leafHash)) }
    logs.set(id, draft.frontier, timeNow(clock))
    return draft.frontier.size
  }
  const prune = (beforeSeconds: number): Promise<void> =>
    essential(() => {
      for (const id of logs.settledBefore(beforeSeconds)) logs.drop(id)
    })
  const settledEver = (): boolean => logs.settledBefore(Number.MAX_SAFE_INTEGER).length > 0

  return {
    ...(damaged !== undefined && { damaged }),
    begin: (boot, first) =>
      essential(() => {
        const last = logs.newest()
        const previous = last && previousOf(last, logs.kept('ended') === last.epoch ? 'clean' : 'unclean', last.lastAt)
        const position = last === undefined ? 0 : last.position + 1
        const id = logs.add({ epoch: randomUUID(), position, boot, previous, lastAt: timeNow(clock) })
        draft = { id, frontier: emptyFrontier }
        write([first(previous)])
      }),
    async append(lines) {
      try {
        return await commits.run(() => write(lines))
      } catch (error) {
        // Receipted logs stay seven days *within the size bound*: at the bound they are the first to go.
        if (!(error instanceof JournalFullError) || !settledEver()) throw error
        await prune(Number.MAX_SAFE_INTEGER)
        return commits.run(() => write(lines))
      }
    },
    logs: () => logs.all().map(stateOf),
    newest: () => {
      const log = logs.newest()
      return log && stateOf(log)
    },
    read: reading.read,
    root: async (epoch, size) => optionalRoot(await reading.frontierAt(epoch, size)),
    acknowledge: (receipt, note) => commits.run(() => logs.receipt(receipt.epoch, receipt.size, receipt.seconds, note)),
    newestReceipt: logs.lastReceipt,
    bury: (epoch, index, reason) =>
      essential(() => {
        const log = logs.find(epoch)
        if (log) logs.bury(log.id, index, reason)
      }),
    async beginAnew(epoch, first) {
      await commits.run(() => undefined) // receipts that came before the refusal are on the disk then
      const receipted = logs.find(epoch)?.receipted ?? 0
      const kept = await reading.frontierAt(epoch, receipted)
      const lastAt = timeNow(clock)
      await essential(() => {
        const refused = logs.find(epoch)
        if (refused === undefined || kept === undefined) return
        const replacement = replace({ logs, reading }, refused, kept, {
          first,
          lastAt,
          isRunning: refused.id === draft?.id,
        })
        if (replacement === undefined || refused.id !== draft?.id) return
        draft = replacement
        if (logs.kept('ended') === epoch) logs.keep('ended', logs.newest()?.epoch ?? '') // refused as the agent stopped
      })
      reading.forget()
    },
    prune,
    keep: (name, value) => essential(() => logs.keep(name, value)),
    kept: logs.kept,
    endClean: () => essential(() => logs.keep('ended', logs.newest()?.epoch ?? '')),
    fill: () => ({ ...logs.fill(), limitBytes: options.limitBytes }),
    onGrown(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    [Symbol.asyncDispose]: () => {
      commits.flush()
      db.close()
      return Promise.resolve()
    },
  }
}

const stateOf = ({ epoch, size, receipted }: LogRow): LogState => ({ epoch, size, receipted })

const optionalRoot = (frontier: Frontier | undefined): Buffer | undefined => frontier && rootOf(frontier)

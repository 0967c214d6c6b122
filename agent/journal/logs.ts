/** The SQL of the journal: rows in, rows out. What must hold together is put together by journal.ts. */
import type { DatabaseSync } from 'node:sqlite'
import { Compile } from 'typebox/compile'
import { Previous } from '#shared/event/kinds.ts'
import { leafHash, packFrontier, unpackFrontier, type Frontier } from '#shared/evidence/merkle.ts'
import { writeTombstone } from '#shared/wire/entries.ts'

export interface LogRow {
  readonly id: number
  readonly epoch: string
  /** Where it stands among the logs; the last is the one that is written. */
  readonly position: number
  /** The boot that all its events are of. */
  readonly boot: string
  /** What its first entry says of the log before it. */
  readonly previous: Previous | undefined
  readonly size: number
  readonly frontier: Frontier
  readonly lastAt: string
  readonly receipted: number
}
export interface EntryRow {
  /** As it is sent: the line, or a tombstone. */
  readonly text: string
  readonly leaf: Buffer
}

export type NewLog = Pick<LogRow, 'epoch' | 'position' | 'boot' | 'previous' | 'lastAt'>

export type Logs = ReturnType<typeof openLogs>

export function openLogs(db: DatabaseSync) {
  const columns = 'id, epoch, position, boot, previous, size, frontier, last_at, receipted'
  const allLogs = db.prepare(`SELECT ${columns} FROM log ORDER BY position`)
  const oneLog = db.prepare(`SELECT ${columns} FROM log WHERE epoch = ?`)
  const newestLog = db.prepare(`SELECT ${columns} FROM log ORDER BY position DESC LIMIT 1`)
  const makeRoom = db.prepare('UPDATE log SET position = position + 1 WHERE position >= ?')
  const addLog = db.prepare(
    'INSERT INTO log (epoch, position, boot, previous, size, frontier, last_at) VALUES (?, ?, ?, ?, 0, ?, ?)',
  )
  const setLog = db.prepare('UPDATE log SET size = ?, frontier = ?, last_at = ? WHERE id = ?')
  const dropLog = db.prepare('DELETE FROM log WHERE id = ?')
  const dropEntries = db.prepare('DELETE FROM entry WHERE log = ?')
  const addEntry = db.prepare('INSERT INTO entry (log, idx, line) VALUES (?, ?, ?)')
  const oneLine = db.prepare('SELECT line FROM entry WHERE log = ? AND idx = ?')
  const someEntries = db.prepare('SELECT line, reason FROM entry WHERE log = ? AND idx >= ? ORDER BY idx LIMIT ?')
  const moveEntries = db.prepare('UPDATE entry SET log = ?, idx = idx + ? WHERE log = ? AND idx >= ?')
  const buryEntry = db.prepare('UPDATE entry SET reason = ? WHERE log = ? AND idx = ?')
  const receiptLog = db.prepare(
    'UPDATE log SET receipted = ?, receipt_seconds = ? WHERE epoch = ? AND receipted <= ? AND receipt_seconds <= ?',
  )
  const keepReceipt = db.prepare(`INSERT INTO receipt (day, seconds, note) VALUES (?, ?, ?)
    ON CONFLICT (day) DO UPDATE SET seconds = excluded.seconds, note = excluded.note WHERE excluded.seconds >= receipt.seconds`)
  const lastReceipt = db.prepare('SELECT note FROM receipt ORDER BY day DESC LIMIT 1')
  const settled = db.prepare(
    'SELECT id FROM log WHERE receipted = size AND receipt_seconds < ? AND position < (SELECT max(position) FROM log)',
  )
  const setKept = db.prepare('INSERT INTO kept VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
  const getKept = db.prepare('SELECT value FROM kept WHERE name = ?')
  const counts = db.prepare(`SELECT (SELECT coalesce(sum(size - receipted), 0) FROM log) AS unreceipted,
    (SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count) AS pages,
    (SELECT page_size FROM pragma_page_size) AS pageBytes`)

  return {
    all: (): LogRow[] => allLogs.all().map(logOf),
    find: (epoch: string): LogRow | undefined => optional(oneLog.get(epoch), logOf),
    newest: (): LogRow | undefined => optional(newestLog.get(), logOf),
    /** Takes its position; what stood there or later moves on by one. */
    add({ epoch, position, boot, previous, lastAt }: NewLog): number {
      makeRoom.run(position)
      const named = previous === undefined ? null : JSON.stringify(previous)
      return Number(addLog.run(epoch, position, boot, named, Buffer.alloc(0), lastAt).lastInsertRowid)
    },
    set: (id: number, frontier: Frontier, at: string): void =>
      void setLog.run(frontier.size, packFrontier(frontier), at, id),
    drop(id: number): void {
      dropLog.run(id)
      dropEntries.run(id)
    },
    addEntry: (id: number, index: number, line: string): void => void addEntry.run(id, index, line),
    /** As it was hashed, though it be sent as a tombstone. */
    line: (id: number, index: number): string | undefined =>
      optional(oneLine.get(id, index), ({ line }) => String(line)),
    /** At most `limit`, in order; one line at a time in memory, so end the loop before anything else is asked. */
    *entries(id: number, from: number, limit: number): Generator<EntryRow> {
      for (const row of someEntries.iterate(id, from, limit)) yield entryOf(row)
    },
    move: (from: { id: number; index: number }, to: { id: number; index: number }): void =>
      void moveEntries.run(to.id, to.index - from.index, from.id, from.index),
    bury: (id: number, index: number, reason: string): void => void buryEntry.run(reason, id, index),
    receipt(epoch: string, size: number, seconds: number, note: string): void {
      receiptLog.run(size, seconds, epoch, size, seconds)
      keepReceipt.run(Math.floor(seconds / 86_400), seconds, note)
    },
    lastReceipt: (): string | undefined => optional(lastReceipt.get(), ({ note }) => String(note)),
    /** Logs, not the newest, whose every entry is receipted, and was before then. */
    settledBefore: (seconds: number): number[] => settled.all(seconds).map(({ id }) => Number(id)),
    keep: (name: string, value: string): void => void setKept.run(name, value),
    kept: (name: string): string | undefined => optional(getKept.get(name), ({ value }) => String(value)),
    /** The file takes no more pages than these; what it has it keeps. */
    limitPages: (pages: number): void => db.exec(`PRAGMA max_page_count = ${pages}`),
    fill(): { bytes: number; unreceipted: number } {
      const { unreceipted, pages, pageBytes } = counts.get() ?? {}
      return { bytes: Number(pages) * Number(pageBytes), unreceipted: Number(unreceipted) }
    },
  }
}

type Row = Record<string, unknown>
const optional = <T>(row: Row | undefined, read: (row: Row) => T): T | undefined => (row ? read(row) : undefined)
const bytesOf = (value: unknown): Buffer => Buffer.from(value instanceof Uint8Array ? value : [])

const logOf = (row: Row): LogRow => ({
  id: Number(row['id']),
  epoch: String(row['epoch']),
  position: Number(row['position']),
  boot: String(row['boot']),
  previous: previousOf(row['previous']),
  size: Number(row['size']),
  frontier: unpackFrontier(Number(row['size']), bytesOf(row['frontier'])),
  lastAt: String(row['last_at']),
  receipted: Number(row['receipted']),
})

const previousShape = Compile(Previous)
function previousOf(text: unknown): Previous | undefined {
  const value: unknown = typeof text === 'string' ? JSON.parse(text) : undefined
  return previousShape.Check(value) ? value : undefined
}

function entryOf({ line, reason }: Row): EntryRow {
  const text = String(line)
  const leaf = leafHash(text)
  return { text: typeof reason === 'string' ? writeTombstone(leaf, reason) : text, leaf }
}

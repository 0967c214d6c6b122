/** The hot insert: entries by prepared `node:sqlite` statements on the store's own connection. The one file to replace
 *  when the store moves to PostgreSQL. Call it inside the commit's transaction only. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { kindNames, type Kind } from '#shared/event/kinds.ts'
import type { Store } from './database.ts'

/** What an entry is in the store. */
export const entryState = { event: 0, tombstone: 1, quarantined: 2, repeated: 3 } as const
export type EntryState = (typeof entryState)[keyof typeof entryState]

export interface EntryRow {
  readonly logId: number
  readonly index: number
  readonly at: number
  readonly receivedAt: number
  readonly kind: number | null
  readonly state: EntryState
  readonly severity: number | null
  readonly matterId: number | null
  readonly line: Uint8Array | null
  readonly leaf: Uint8Array | null
  readonly reason: string | null
}

export interface Hot {
  /** Its row number. */
  readonly insertEntry: (row: EntryRow) => number
  /** Which incident it belongs to, once that has a number. */
  readonly assignIncident: (entry: number, incident: number) => void
  readonly kindNumber: (name: Kind) => number | null
}

export function openHot({ connection }: Store): Hot {
  const insert: StatementSync = connection.prepare(
    'INSERT INTO entry (log_id, idx, at, received_at, kind, state, severity, matter_id, line, leaf, reason) VALUES (?,?,?,?,?,?,?,?,?,?,?)',
  )
  const assign: StatementSync = connection.prepare('UPDATE entry SET incident_number = ? WHERE id = ?')
  const kinds = numberKinds(connection)
  return {
    insertEntry(r) {
      const { lastInsertRowid } = insert.run(
        r.logId,
        r.index,
        r.at,
        r.receivedAt,
        r.kind,
        r.state,
        r.severity,
        r.matterId,
        r.line,
        r.leaf,
        r.reason,
      )
      return Number(lastInsertRowid)
    },
    assignIncident: (entry, incident) => void assign.run(incident, entry),
    kindNumber: (name) => kinds.get(name) ?? null,
  }
}

/** Every kind of this version gets its number before the first event: the hot path only looks up. */
function numberKinds(connection: DatabaseSync): ReadonlyMap<string, number> {
  const make = connection.prepare('INSERT INTO kind (name) VALUES (?) ON CONFLICT (name) DO NOTHING')
  for (const name of kindNames) make.run(name)
  const rows = connection.prepare('SELECT id, name FROM kind').all()
  return new Map(rows.map(({ id, name }) => [String(name), Number(id)]))
}

/** The audit trail's rows, in their final bytes. Nothing changes or deletes one. */
import type { Insertable } from 'kysely'
import type { Tx } from './schema.ts'
import type { AuditTable } from './tables/office.ts'

export async function insertAudit(tx: Tx, record: Omit<Insertable<AuditTable>, 'id'>): Promise<void> {
  await tx.insertInto('audit').values(record).execute()
}

/** Published documents: policies for all, registers for one endpoint each. The newest of each counts. */
import type { Insertable, Selectable } from 'kysely'
import type { Db, DocumentTable } from './schema.ts'

export type DocumentRow = Selectable<DocumentTable>

/** `endpointId`: null for the policy. */
export const newestDocument = (
  db: Db,
  kind: DocumentRow['kind'],
  endpointId: number | null,
): Promise<DocumentRow | undefined> =>
  db
    .selectFrom('document')
    .selectAll()
    .where('kind', '=', kind)
    .where('endpoint_id', endpointId === null ? 'is' : '=', endpointId)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()

/** Policies stay, for verdicts name their version; of an endpoint's registers the one before stays. */
export async function insertDocument(db: Db, document: Insertable<DocumentTable>): Promise<void> {
  await db.insertInto('document').values(document).execute()
  const { kind, endpoint_id: endpointId = null, version } = document
  if (kind !== 'register' || endpointId === null) return
  await db
    .deleteFrom('document')
    .where('kind', '=', 'register')
    .where('endpoint_id', '=', endpointId)
    .where('version', '<', version - 1)
    .execute()
}

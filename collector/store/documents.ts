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

export const insertDocument = (db: Db, document: Insertable<DocumentTable>) =>
  db.insertInto('document').values(document).execute()

/** Published documents: the policy and the media list for all, registers for one agent each. Each version that was ever in
 *  force stays, for an event may have been judged by it; the newest of each counts. */
import type { Insertable, Selectable } from 'kysely'
import type { Tx } from './schema.ts'
import type { DocumentTable, LedgerTable } from './tables/office.ts'

export type DocumentRow = Selectable<DocumentTable>

/** Which document: of a register whose, of the media list which part. */
export interface Which {
  readonly kind: DocumentRow['kind']
  readonly agentId: number | null
  readonly part: number | null
}

export const newestDocument = (tx: Tx, { kind, agentId, part }: Which): Promise<DocumentRow | undefined> =>
  tx
    .selectFrom('document')
    .selectAll()
    .where('kind', '=', kind)
    .where('agent_id', agentId === null ? 'is' : '=', agentId)
    .where('part', part === null ? 'is' : '=', part)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()

/** The newest of each part of the media list, in their order. */
export async function newestParts(tx: Tx): Promise<DocumentRow[]> {
  const newest = tx
    .selectFrom('document')
    .select((eb) => ['part', eb.fn.max('version').as('version')])
    .where('kind', '=', 'media')
    .where('agent_id', 'is', null)
    .groupBy('part')
  return tx
    .selectFrom('document')
    .innerJoin(newest.as('newest'), (join) =>
      join.onRef('newest.part', '=', 'document.part').onRef('newest.version', '=', 'document.version'),
    )
    .selectAll('document')
    .where('kind', '=', 'media')
    .where('agent_id', 'is', null)
    .orderBy('document.part')
    .execute()
}

export async function insertDocument(tx: Tx, document: Omit<Insertable<DocumentTable>, 'id'>): Promise<void> {
  await tx.insertInto('document').values(document).execute()
}

/** What was published of the ledgers and is no document of its own. `revision` rises with every act that changes what some
 *  document says; `source_hash` is of the files that it was published from. Undefined: nothing was published yet. */
export type PublishedLedger = Omit<Selectable<LedgerTable>, 'id'>

export const publishedLedger = (tx: Tx): Promise<PublishedLedger | undefined> =>
  tx.selectFrom('ledger').select(['revision', 'content', 'source_hash']).where('id', '=', 1).executeTakeFirst()

/** Whether somebody published something since, without reading what. 0: nothing was published yet. */
export async function publishedRevision(tx: Tx): Promise<number> {
  return (await tx.selectFrom('ledger').select('revision').where('id', '=', 1).executeTakeFirst())?.revision ?? 0
}

export async function saveLedger(tx: Tx, ledger: Omit<PublishedLedger, 'revision'>): Promise<void> {
  await tx
    .insertInto('ledger')
    .values({ id: 1, revision: 1, ...ledger })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({ ...ledger, revision: eb('ledger.revision', '+', 1) })),
    )
    .execute()
}

/** Tells whoever serves that a document of somebody changes, though no file did (an endpoint was confirmed, retired …). */
export async function touchLedger(tx: Tx): Promise<void> {
  await tx
    .updateTable('ledger')
    .set((eb) => ({ revision: eb('revision', '+', 1) }))
    .where('id', '=', 1)
    .execute()
}

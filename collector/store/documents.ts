/** Published documents: the policy and the media list for all, registers for one agent each. Each version that was ever in
 *  force stays, for an event may have been judged by it; the newest of each counts. */
import type { Insertable, Selectable } from 'kysely'
import type { DocumentTable, Tx } from './schema.ts'

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

export async function insertDocument(tx: Tx, document: Omit<Insertable<DocumentTable>, 'id'>): Promise<void> {
  await tx.insertInto('document').values(document).execute()
}

/** What was published of the ledgers and is no document of its own, with a number that rises with every act that changes
 *  what some document says. Undefined: nothing was published yet. */
export async function publishedLedger(tx: Tx): Promise<{ revision: number; content: string } | undefined> {
  return tx.selectFrom('ledger').select(['revision', 'content']).where('id', '=', 1).executeTakeFirst()
}

/** Whether somebody published something since, without reading what. 0: nothing was published yet. */
export async function publishedRevision(tx: Tx): Promise<number> {
  return (await tx.selectFrom('ledger').select('revision').where('id', '=', 1).executeTakeFirst())?.revision ?? 0
}

export async function saveLedger(tx: Tx, content: string): Promise<void> {
  await tx
    .insertInto('ledger')
    .values({ id: 1, revision: 1, content })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet((eb) => ({ content, revision: eb('ledger.revision', '+', 1) })),
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

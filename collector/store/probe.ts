import type { Tx } from './schema.ts'

/** Writes what is there already: resolves where the store takes something. */
export async function touchStore(tx: Tx): Promise<void> {
  await tx
    .updateTable('store')
    .set((eb) => ({ revision: eb.ref('revision') }))
    .execute()
}

/** The form of what correlation keeps: a newer program folds everything anew. */
import { FORM } from './migrate.ts'
import type { Tx } from './schema.ts'

/** Where an older program wrote the states: every matter waits to be folded anew, and until then is not read. True where
 *  that was so. */
export async function takeForm(tx: Tx): Promise<boolean> {
  const { form } = await tx.selectFrom('store').select('form').limit(1).executeTakeFirstOrThrow()
  if (form >= FORM) return false
  await tx.updateTable('matter').set({ stale: 1 }).execute()
  await tx.updateTable('store').set({ form: FORM }).execute()
  return true
}

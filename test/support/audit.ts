/** The audit trail, as it stands in a store. */
import type { Store } from '#collector/store/database.ts'

export interface AuditRecord {
  readonly act: string
  readonly actor: { readonly kind: string; readonly id: string; readonly name: string }
  readonly address?: string
  readonly subject: { readonly kind: string; readonly id: string }
  readonly reason?: string
  readonly count?: number
  readonly after?: string
}

export async function auditOf(store: Store): Promise<AuditRecord[]> {
  const rows = await store.read((tx) => tx.selectFrom('audit').select('line').orderBy('id').execute())
  return rows.map(({ line }): AuditRecord => JSON.parse(line))
}

/** Hands an agent the documents that are newer than what it has (CONTRACTS §5). */
import { endpointById } from '#collector/store/endpoints.ts'
import type { DocumentKind } from '#shared/wire/messages.ts'
import type { Served } from './served.ts'

/** Versions that the agent has, or is on its way to have; 0: none. Changed by `pushDocuments`. */
export type HeldVersions = Record<DocumentKind, number>

/** Rejects where the store or the office key does not give them. */
export async function pushDocuments(served: Served, held: HeldVersions): Promise<void> {
  const { store, documents, endpointId, connection } = served
  const endpoint = await endpointById(store.db, endpointId)
  if (endpoint === undefined) return
  const newest = { policy: await documents.policy(), register: await documents.registerFor(endpoint) }
  for (const kind of ['policy', 'register'] as const) {
    const { version, note } = newest[kind]
    if (version <= held[kind]) continue
    held[kind] = version
    connection.send({ type: 'document', kind, version }, note)
  }
}

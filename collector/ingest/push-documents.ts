/** Hands an agent the documents that are newer than what it has (docs/protocol.md#documents). */
import type { Documents } from '#collector/policy/documents.ts'
import type { Connection } from './connection.ts'

/** Versions that the agent has, or is on its way to have; 0: none. Changed by `pushDocuments`. */
export interface HeldVersions {
  policy: number
  register: number
  /** By part of the media list. */
  media: number[]
}

/** An agent that is retired hears `bye`, for good. Rejects where the store does not give the documents. */
export async function pushDocuments(
  {
    documents,
    agentId,
    connection,
  }: {
    readonly documents: Pick<Documents, 'of'>
    readonly agentId: number
    readonly connection: Pick<Connection, 'send' | 'bye'>
  },
  held: HeldVersions,
): Promise<void> {
  const all = await documents.of(agentId)
  if (all === 'retired') return connection.bye({ reason: 'revoked' })
  for (const { kind, part, version, note } of all) {
    const has = kind === 'media' ? (held.media[part ?? 0] ?? 0) : held[kind]
    if (version <= has) continue
    if (kind === 'media') held.media[part ?? 0] = version
    else held[kind] = version
    connection.send({ type: 'document', kind, ...(part !== undefined && { part }), version }, note)
  }
}

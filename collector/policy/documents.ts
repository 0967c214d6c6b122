/** The documents in force, for whoever serves agents: read from the store, handed out, and signed anew before their end.
 *  What they say changes by `publish` alone, which may run in another process. */
import type { LedgerLookup } from '#collector/ledgers/register.ts'
import { publishedRevision } from '#collector/store/documents.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Conditions } from '#collector/conditions.ts'
import { readClauses, type RuleTexts } from './clauses.ts'
import { documentsOf, type DocumentParts, type Handed } from './handed.ts'
import { publish } from './publish.ts'
import { readInForce, type InForce } from './published.ts'
import { renew } from './renew.ts'
import { hashOfWritten, readWritten, type WrittenFiles } from './written.ts'

export interface Documents extends RuleTexts {
  /** All that an agent is to have, in the order in which it is handed over: the policy, which names the keys; the media, for
   *  a confirmed agent; its register. `retired`: it is to have nothing any more. */
  readonly of: (agentId: number) => Promise<readonly Handed[] | 'retired'>
  /** The ledger in force, for a transaction that changes what hangs on it. */
  readonly ledgerIn: (tx: Tx) => Promise<LedgerLookup>
  /** Whether something was published, here or by another process, since the last look. */
  readonly look: () => Promise<boolean>
  /** Signs anew what nears its end; what cannot be is a condition. `look` says then that there is news. */
  readonly renew: () => Promise<void>
  /** Reads the clauses again, and says by a condition whether what is written is what holds. Never rejects. */
  readonly compare: () => Promise<void>
}

/** Publishes what is written where nothing was published yet. Throws ConfigError with file, line and field where that cannot
 *  be done, or where the clauses are not as they should be. */
export async function openDocuments(files: WrittenFiles, parts: DocumentParts): Promise<Documents> {
  const { store, trust, conditions } = parts
  let clauses = await readClauses(files.clausesFile)
  let inForce = await firstInForce(files, parts)
  let told = inForce.revision
  const latest = async (tx: Tx): Promise<InForce> => {
    if ((await publishedRevision(tx)) !== inForce.revision) inForce = (await readInForce(tx, trust)) ?? inForce
    return inForce
  }
  const documents: Documents = {
    clause: (id) => clauses.get(id),
    ruleTitle: (rule) => inForce.policy.content.rules.find(({ id }) => id === rule)?.title,
    of: (agentId) => documentsOf(agentId, latest, parts),
    ledgerIn: async (tx) => (await latest(tx)).lookup,
    async look() {
      const { revision } = await store.read(latest)
      const isNew = revision !== told
      told = revision
      return isNew
    },
    renew: () => renew(inForce, parts),
    async compare() {
      try {
        clauses = await readClauses(files.clausesFile)
        const { sourceHash } = await store.read(latest).catch(() => inForce)
        tellUnpublished((await hashOfWritten(files)) !== sourceHash, conditions)
        conditions.clear('documents.not-read')
      } catch (error) {
        conditions.raise('documents.not-read', { reason: error instanceof Error ? error.message : String(error) })
      }
    },
  }
  await documents.compare()
  return documents
}

async function firstInForce(files: WrittenFiles, parts: DocumentParts): Promise<InForce> {
  const { store, trust, actor } = parts
  const before = await store.read((tx) => readInForce(tx, trust))
  if (before !== undefined) return before
  await publish(await readWritten(files), actor, parts)
  const first = await store.read((tx) => readInForce(tx, trust))
  if (first === undefined) throw new Error('The store lost what had just been published.')
  return first
}

function tellUnpublished(differs: boolean, conditions: Conditions): void {
  if (!differs) return conditions.clear('documents.unpublished')
  conditions.raise('documents.unpublished', {})
}

/** What is published, read back from the store: its notes, and what they say. */
import { ledgerFrom, lookUp, type Ledger, type LedgerLookup } from '#collector/ledgers/register.ts'
import { newestParts, newestDocument, publishedLedger, type DocumentRow } from '#collector/store/documents.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Trust } from '#collector/trust/trust.ts'
import {
  openMediaPart,
  openPolicy,
  type OpenedDocument,
  type Policy,
  type RegisteredMedium,
} from '#shared/policy/documents.ts'
import { ofPolicy } from './sign.ts'

export type PolicyContent = Pick<Policy, 'rules' | 'keys'>

export interface InForce {
  /** Rises with every act that changes what some document says. */
  readonly revision: number
  /** Of the files that it was published from. */
  readonly sourceHash: string
  readonly policy: DocumentRow & { readonly content: PolicyContent }
  /** In their order, without a hole. */
  readonly parts: readonly (DocumentRow & { readonly media: readonly RegisteredMedium[] })[]
  readonly ledger: Ledger
  readonly lookup: LedgerLookup
}

/** Undefined: nothing was published yet. Throws where a row was altered by hand. */
export async function readInForce(
  tx: Tx,
  { officeKey, register }: Pick<Trust, 'officeKey' | 'register'>,
): Promise<InForce | undefined> {
  const published = await publishedLedger(tx)
  const policy = await newestDocument(tx, ofPolicy)
  if (published === undefined || policy === undefined) return undefined
  const { rules, keys } = whole(openPolicy(policy.note, [officeKey]), 'policy')
  const parts = (await newestParts(tx)).map((row) => ({
    ...row,
    media: whole(openMediaPart(row.note, [register.key]), 'media list').media,
  }))
  const ledger = ledgerFrom(published.content)
  const { revision, source_hash: sourceHash } = published
  return {
    revision,
    sourceHash,
    policy: { ...policy, content: { rules, keys } },
    parts,
    ledger,
    lookup: lookUp(ledger),
  }
}

function whole<T>(opened: OpenedDocument<T>, what: string): T {
  if (opened.ok) return opened.document
  throw new Error(`The ${what} in the store is not as it was published: ${opened.reason.en}.`)
}

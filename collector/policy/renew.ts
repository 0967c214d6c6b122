/** What is for all and nears its end is signed anew, saying the same. A register is when it is handed out. */
import type { About } from '#collector/access/acting.ts'
import { touchLedger } from '#collector/store/documents.ts'
import type { Tx } from '#collector/store/schema.ts'
import { TrustError } from '#collector/trust/trust.ts'
import type { Signer } from '#shared/evidence/note.ts'
import type { DocumentParts } from './handed.ts'
import { readInForce, type InForce } from './published.ts'
import { nearsItsEnd, signPart, signPolicy } from './sign.ts'

/** Another process may have done it meanwhile: what is in force is read anew in the transaction. */
export async function renew(inForce: InForce, parts: DocumentParts): Promise<void> {
  const { access, actor, clock, conditions } = parts
  const old = whatIsOld(inForce, clock.wall())
  if (!old.policy) conditions.clear('policy.not-renewed')
  const office = old.policy ? await openOffice(parts) : undefined
  if (office === undefined && old.parts.length === 0) return
  await access.act(actor, about, (tx) => renewIn(tx, office, parts))
  if (office !== undefined) conditions.clear('policy.not-renewed')
}

const about = (signed: readonly string[]): About | undefined =>
  signed.length === 0 ? undefined : { act: 'documents.renew', subject: { kind: 'documents', id: signed.join(' ') } }

function whatIsOld({ policy, parts }: InForce, now: number) {
  return { policy: nearsItsEnd(policy, now), parts: parts.filter((part) => nearsItsEnd(part, now)) }
}

async function renewIn(
  tx: Tx,
  office: Signer | undefined,
  { trust, clock }: Pick<DocumentParts, 'trust' | 'clock'>,
): Promise<string[]> {
  const inForce = await readInForce(tx, trust)
  if (inForce === undefined) return []
  const now = clock.wall()
  const old = whatIsOld(inForce, now)
  const signed: string[] = []
  if (old.policy && office !== undefined) {
    await signPolicy(tx, inForce.policy.content, { signer: office, now })
    signed.push('policy')
  }
  for (const { part, media } of old.parts) {
    await signPart(tx, { part: part ?? 0, media }, { signer: trust.register.signer, now })
    signed.push(`media/${part}`)
  }
  if (signed.length > 0) await touchLedger(tx)
  return signed
}

/** Undefined where it lies in the safe: agents go on with what they have, and are not kept away for it. */
async function openOffice({ trust, conditions }: DocumentParts): Promise<Signer | undefined> {
  try {
    return await trust.openOffice()
  } catch (error) {
    if (!(error instanceof TrustError)) throw error
    conditions.raise('policy.not-renewed', { reason: error.message })
    return undefined
  }
}

/** Publishing: what people wrote comes to hold. One transaction, so that no agent ever gets half of it. */
import type { Access, Actor } from '#collector/access/acting.ts'
import { changesBy } from '#collector/ledgers/endpoints.ts'
import { lookUp } from '#collector/ledgers/register.ts'
import { applyChanges } from '#collector/ledgers/tenancy.ts'
import { livingAgents } from '#collector/store/agents.ts'
import { saveLedger } from '#collector/store/documents.ts'
import { listEndpoints } from '#collector/store/endpoints.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Trust } from '#collector/trust/trust.ts'
import type { Signer } from '#shared/evidence/note.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { planOf, type Plan } from './plan.ts'
import { readInForce } from './published.ts'
import { signPart, signPolicy } from './sign.ts'
import type { Written } from './written.ts'

export interface Publisher {
  readonly access: Access
  readonly trust: Pick<Trust, 'officeKey' | 'openOffice' | 'receipts' | 'register'>
  readonly clock: Pick<Clock, 'wall'>
}

/** What publishing it would change; nothing is. */
export const planPublishing = (written: Written, actor: Actor, publisher: Publisher): Promise<Plan> =>
  publisher.access.ask(actor, (tx) => planIn(tx, written, publisher))

/** Publishes, and says what changed. The office key is opened where the policy changes, and only there. Rejects with
 *  TrustError where it cannot be, and then nothing has changed. */
export async function publish(written: Written, actor: Actor, publisher: Publisher): Promise<Plan> {
  const { policy } = await planPublishing(written, actor, publisher)
  const office = policy && (await publisher.trust.openOffice()) // not while others wait for the store
  const about = (plan: Plan) => ({
    act: 'documents.publish',
    subject: { kind: 'documents', id: written.hash },
    after: plan,
  })
  return publisher.access.act(actor, about, async (tx) => {
    const plan = await planIn(tx, written, publisher)
    await applyPlan(tx, plan, written, { ...publisher, office: office ?? (() => publisher.trust.openOffice()) })
    return plan
  })
}

async function planIn(tx: Tx, written: Written, { trust, clock }: Publisher): Promise<Plan> {
  const keys = { register: [trust.register.key], receipts: [trust.receipts.key] }
  const [endpoints, living] = [await listEndpoints(tx), await livingAgents(tx)]
  const changes = changesBy(lookUp(written.ledger), endpoints, living)
  const around = { machines: { endpoints, living, changes }, now: clock.wall() }
  return planOf(await readInForce(tx, trust), written, keys, around)
}

async function applyPlan(
  tx: Tx,
  plan: Plan,
  { ledger, hash }: Written,
  { trust, clock, office }: Publisher & { readonly office: Signer | (() => Promise<Signer>) },
): Promise<void> {
  const now = clock.wall()
  if (plan.policy !== undefined) {
    const signer = typeof office === 'function' ? await office() : office
    await signPolicy(tx, plan.policy.content, { signer, now })
  }
  for (const { part, media } of plan.parts) await signPart(tx, { part, media }, { signer: trust.register.signer, now })
  await applyChanges(tx, plan.endpoints, now)
  const { endpoints, approvals } = ledger
  await saveLedger(tx, { content: JSON.stringify({ endpoints, approvals }), source_hash: hash })
}

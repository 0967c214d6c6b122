/** Signed documents: what is to hold becomes a note with a version, and is kept. Unchanged content is not signed anew while
 *  it has some life left. */
import { createHash } from 'node:crypto'
import { insertDocument, newestDocument, type DocumentRow, type Which } from '#collector/store/documents.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Signer } from '#shared/evidence/note.ts'
import { signDocument, type Policy, type Register, type RegisteredMedium } from '#shared/policy/documents.ts'
import { rfc3339 } from '#shared/vocabulary/clock.ts'

const DAY_MS = 86_400_000
/** From signing to expiry. A policy and the media list go on past their end with a condition; approvals do not. */
const LIFE_MS = { policy: 365 * DAY_MS, register: 90 * DAY_MS, media: 90 * DAY_MS }
/** With a third of its life left a document is signed anew. */
const RENEWED_AT = 1 / 3

export interface Published {
  readonly version: number
  readonly note: string
}
type Dated = Pick<Policy, 'version' | 'issued' | 'expires'>

export const hashOf = (content: object): string => createHash('sha256').update(JSON.stringify(content)).digest('hex')

/** `now`: ms since 1970. */
export const nearsItsEnd = ({ kind, expires_at }: Pick<DocumentRow, 'kind' | 'expires_at'>, now: number): boolean =>
  expires_at - now <= LIFE_MS[kind] * RENEWED_AT

/** The document as it is, where it says this already and has life left. */
export async function newestOf(tx: Tx, which: Which, content: object, now: number): Promise<Published | undefined> {
  const newest = await newestDocument(tx, which)
  return newest?.content_hash === hashOf(content) && !nearsItsEnd(newest, now) ? newest : undefined
}

/** One version on from the newest. */
async function signNext(
  tx: Tx,
  which: Which,
  { content, sign, now }: { content: object; sign: (dated: Dated) => string; now: number },
): Promise<Published> {
  const version = ((await newestDocument(tx, which))?.version ?? 0) + 1
  const expiresAt = now + LIFE_MS[which.kind]
  const note = sign({ version, issued: rfc3339(now, 0), expires: rfc3339(expiresAt, 0) })
  const { kind, agentId: agent_id, part } = which
  const content_hash = hashOf(content)
  await insertDocument(tx, { kind, agent_id, part, version, content_hash, expires_at: expiresAt, note })
  return { version, note }
}

export const ofPolicy: Which = { kind: 'policy', agentId: null, part: null }
const ofPart = (part: number): Which => ({ kind: 'media', agentId: null, part })
export const ofRegister = (agentId: number): Which => ({ kind: 'register', agentId, part: null })

interface By {
  readonly signer: Signer
  /** ms since 1970. */
  readonly now: number
}

export const signPolicy = (
  tx: Tx,
  content: Pick<Policy, 'rules' | 'keys'>,
  { signer, now }: By,
): Promise<Published> => {
  const sign = (dated: Dated): string => signDocument('policy', { ...dated, ...content }, signer)
  return signNext(tx, ofPolicy, { content, sign, now })
}

export const signPart = (
  tx: Tx,
  { part, media }: { readonly part: number; readonly media: readonly RegisteredMedium[] },
  { signer, now }: By,
): Promise<Published> => {
  const content = { part, media: [...media] }
  const sign = (dated: Dated): string => signDocument('media', { ...dated, ...content }, signer)
  return signNext(tx, ofPart(part), { content, sign, now })
}

export const signRegister = (
  tx: Tx,
  agentId: number,
  content: Omit<Register, keyof Dated | 'needs'>,
  { signer, now }: By,
): Promise<Published> => {
  const sign = (dated: Dated): string => signDocument('register', { ...dated, ...content }, signer)
  return signNext(tx, ofRegister(agentId), { content, sign, now })
}

/** Publishing: what was written becomes a signed document with a version, and is kept. Unchanged content is not published
 *  anew while it has some life left. */
import { createHash } from 'node:crypto'
import type { Store } from '#collector/store/database.ts'
import { insertDocument, newestDocument } from '#collector/store/documents.ts'
import { signDocument, type Policy, type Register } from '#shared/policy/documents.ts'
import { parseTime, rfc3339 } from '#shared/vocabulary/clock.ts'
import { TrustError, type Trust } from '#collector/trust/trust.ts'

const DAY_MS = 86_400_000
/** From publishing to expiry. A policy goes on past its end with a condition; the approvals of a register do not. */
const LIFE_MS = { policy: 365 * DAY_MS, register: 90 * DAY_MS }
/** With a third of its life left a document is published anew, if anyone asks for it. */
const RENEWED_AT = 1 / 3

export interface Published {
  readonly version: number
  readonly note: string
  /** Why it nears its end and was not made anew, for the office key lies in the safe. What it says holds all the same. */
  readonly unrenewed?: string
}
type Dated = Pick<Policy, 'version' | 'issued' | 'expires'>

/** Opens the office key only where a new policy has to be signed. `now`: ms since 1970. */
export function publishPolicy(
  db: Store['db'],
  trust: Pick<Trust, 'receipts' | 'register' | 'openOffice'>,
  rules: Policy['rules'],
  now: number,
): Promise<Published> {
  const content = { rules, keys: { register: [trust.register.key], receipts: [trust.receipts.key] } }
  const sign = async (dated: Dated): Promise<string> =>
    signDocument('policy', { ...dated, ...content }, await trust.openOffice())
  return publish(db, { kind: 'policy', endpointId: null, content }, sign, now)
}

export function publishRegister(
  db: Store['db'],
  trust: Pick<Trust, 'register'>,
  endpointId: number,
  content: Omit<Register, keyof Dated>,
  now: number,
): Promise<Published> {
  const sign = (dated: Dated): Promise<string> =>
    Promise.resolve(signDocument('register', { ...dated, ...content }, trust.register.signer))
  return publish(db, { kind: 'register', endpointId, content }, sign, now)
}

async function publish(
  db: Store['db'],
  { kind, endpointId, content }: { kind: 'policy' | 'register'; endpointId: number | null; content: object },
  sign: (dated: Dated) => Promise<string>,
  now: number,
): Promise<Published> {
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex')
  const newest = await newestDocument(db, kind, endpointId)
  const unchanged = newest?.content_hash === hash ? newest : undefined
  if (unchanged !== undefined && expiryOf(unchanged.note) - now > LIFE_MS[kind] * RENEWED_AT) return unchanged
  const version = (newest?.version ?? 0) + 1
  const dated = { version, issued: rfc3339(now, 0), expires: rfc3339(now + LIFE_MS[kind], 0) }
  const note = await sign(dated).catch((error: unknown) => {
    if (unchanged === undefined || !(error instanceof TrustError)) throw error
    return error // agents must not be kept away for it
  })
  if (note instanceof TrustError) return { version: version - 1, note: unchanged?.note ?? '', unrenewed: note.message }
  await insertDocument(db, { kind, endpoint_id: endpointId, version, content_hash: hash, note })
  return { version, note }
}

/** When a note of our own making ends, ms since 1970: its dates stand before all that people wrote. */
const expiryOf = (note: string): number => parseTime(/"expires":"([^"]+)"/.exec(note)?.[1] ?? '')

/** Enrolment tokens: made by name, and recorded without the token. */
import type { Access, Actor } from '#collector/access/acting.ts'
import { insertToken } from '#collector/store/tokens.ts'
import { newToken, tokenHash } from '#collector/trust/tokens.ts'
import type { Level, NetworkKind } from '#shared/vocabulary/levels.ts'

export interface TokenScope {
  readonly department: string
  readonly level: Level
  readonly networkKind: NetworkKind
  /** How many machines it enrols. */
  readonly uses: number
  readonly lifeMs: number
}

/** The token itself is in the answer and nowhere else. `now`: ms since 1970. */
export async function createToken(
  access: Access,
  actor: Actor,
  { now, ...scope }: TokenScope & { readonly now: number },
): Promise<string> {
  const token = newToken()
  const { department, level, networkKind: network_kind, uses: uses_left, lifeMs } = scope
  const row = { department, level, network_kind, uses_left, expires_at: now + lifeMs, created_at: now }
  const hash = tokenHash(token)
  const about = { act: 'token.create', subject: { kind: 'token', id: hash.slice(0, 16) }, after: scope }
  await access.act(actor, about, (tx) => insertToken(tx, { hash, ...row }))
  return token
}

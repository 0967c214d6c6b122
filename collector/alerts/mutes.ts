/** A rule that alerts nobody on an endpoint until a date: what breaks it is noted and counted all the same. Who muted it is
 *  recorded by whoever begins the transaction (access/acting.ts). */
import type { Visible } from '#collector/access/visible.ts'
import { hasEndpoint, insertMute, liftMutes, listMutes, type MuteRow } from '#collector/store/mutes.ts'
import type { Tx } from '#collector/store/schema.ts'

export type ListedMute = MuteRow

export interface NewMute {
  readonly rule: string
  readonly endpointId: number
  /** ms since 1970. */
  readonly until: number
  readonly reason: string
  /** The name of whoever mutes it. */
  readonly by: string
}

/** A mute is for a while: what is to be allowed for longer is an approval, or another rule. */
const MAX_MUTE_DAYS = 366
const DAY_MS = 86_400_000
const MUTES_LISTED = 500

export type MuteRefused = 'no-rule' | 'no-endpoint' | 'past' | 'too-far'

/** Takes the place of one that is in force for that rule and endpoint. `isRule`: of the policy in force; a misspelt one would
 *  mute nothing, and nobody would know. */
export async function muteRule(
  tx: Tx,
  { rule, endpointId, until, reason, by }: NewMute,
  { now, isRule }: { readonly now: number; readonly isRule: (rule: string) => boolean },
): Promise<{ ok: true; id: number } | { ok: false; why: MuteRefused }> {
  if (!isRule(rule)) return { ok: false, why: 'no-rule' }
  if (until <= now) return { ok: false, why: 'past' }
  if (until > now + MAX_MUTE_DAYS * DAY_MS) return { ok: false, why: 'too-far' }
  if (!(await hasEndpoint(tx, endpointId))) return { ok: false, why: 'no-endpoint' }
  await liftMutes(tx, { rule, endpointId }, now)
  const row = { rule, endpoint_id: endpointId, until_at: until, reason, actor_name: by, made_at: now, lifted_at: null }
  return { ok: true, id: await insertMute(tx, row) }
}

/** Ends one before its date; false where none such is in force. */
export const liftMute = async (tx: Tx, id: number, now: number): Promise<boolean> =>
  (await liftMutes(tx, { id }, now)) > 0

/** Those in force, as far as somebody may see them; those that end first come first. */
export const seenMutes = async (
  tx: Tx,
  visible: Visible,
  { endpointId, now, limit = MUTES_LISTED }: { endpointId?: number | undefined; now: number; limit?: number },
): Promise<ListedMute[]> => (visible === 'all' ? listMutes(tx, { endpointId, now, limit }) : [])

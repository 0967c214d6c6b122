/** What people do to an incident: one action at a time, each on the incident as its actor saw it. */
import type { Actor } from '#collector/access/acting.ts'
import { visibleTo } from '#collector/access/visible.ts'
import { type ActionRow, actionsOf as storedActions, insertActions, saveCase } from '#collector/store/actions.ts'
import { stampRevisions } from '#collector/store/incidents.ts'
import type { Tx } from '#collector/store/schema.ts'
import type { Told } from '#collector/alerts/tell.ts'
import { endBranchesBefore } from '../ends.ts'
import { incidentById, type ListedIncident } from '../lists.ts'
import { caseAt, next, type PeoplesKind, stageOf } from './case.ts'

/** Shown of one incident; of more the newest. */
const MAX_ACTIONS = 500

export interface ActionDone {
  readonly kind: string
  readonly by: { readonly kind: string; readonly name: string }
  readonly at: number
  readonly reason: string | null
  readonly fields: Readonly<Record<string, unknown>>
}

export interface Wish {
  readonly kind: PeoplesKind
  readonly reason?: string
  /** Of the incident as they saw it. */
  readonly version: number
}

export type Acted =
  /** `others`: ids of incidents that changed with it. */
  | { readonly ok: true; readonly incident: ListedIncident; readonly others: readonly string[] }
  | { readonly ok: false; readonly why: 'unknown' }
  /** Others were first: what they did since. */
  | { readonly ok: false; readonly why: 'changed'; readonly incident: ListedIncident; readonly meanwhile: ActionDone[] }
  /** Its stage does not allow it. */
  | { readonly ok: false; readonly why: 'impossible'; readonly incident: ListedIncident }

/** Within a transaction that writes. */
export async function actOn(tx: Tx, actor: Actor, id: string, wish: Wish, told: Told): Promise<Acted> {
  const visible = visibleTo(actor)
  const incident = await incidentById(tx, visible, id)
  if (incident === undefined) return { ok: false, why: 'unknown' }
  const { number, stage, version } = incident
  const after = next(caseAt(stage, version), { kind: wish.kind, at: told.now, by: actor.name })
  if (version === wish.version && after === undefined) return { ok: false, why: 'impossible', incident }
  const to = after && { stage: stageOf(after), version: after.version, ...endOf(incident, wish, told) }
  if (to === undefined || !(await saveCase(tx, { number, version: wish.version }, to)))
    return { ok: false, why: 'changed', incident, meanwhile: await since(tx, incident, wish.version) }
  await insertActions(tx, [rowOf(number, actor, wish, told.now)])
  const others = wish.kind === 'close' ? await endWithClosing(tx, incident, told) : []
  await stampRevisions(tx, [number])
  const changed = await incidentById(tx, visible, id)
  return changed === undefined ? { ok: false, why: 'unknown' } : { ok: true, incident: changed, others }
}

/** What has no end of its own ends with closing. */
const endOf = ({ endedAt, incident: { kind } }: ListedIncident, wish: Wish, { now }: Told) =>
  wish.kind === 'close' && endedAt === null && (kind === 'fork' || kind === 'succession') ? { ended_at: now } : {}

/** A log that did not join the ones before it was looked at: those will not go on. Ids of the incidents that end by it. */
async function endWithClosing(tx: Tx, { agentId, incident }: ListedIncident, told: Told): Promise<readonly string[]> {
  if (incident.kind !== 'succession' || incident.log === undefined) return []
  return endBranchesBefore(tx, { agentId, epoch: incident.log.epoch }, told)
}

const rowOf = (incident: number, actor: Actor, { kind, reason }: Wish, at: number): Omit<ActionRow, 'id'> => ({
  incident_number: incident,
  kind,
  actor_kind: actor.kind,
  actor_id: actor.id,
  actor_name: actor.name,
  at,
  reason: reason ?? null,
  fields: '{}',
})

const done = ({ kind, actor_kind, actor_name, at, reason, fields }: ActionRow): ActionDone => ({
  kind,
  by: { kind: actor_kind, name: actor_name },
  at,
  reason,
  fields: JSON.parse(fields),
})

/** Every action but the opening makes the version one higher, so the newest of them are those since. */
async function since(tx: Tx, { number, version }: ListedIncident, seen: number): Promise<ActionDone[]> {
  const count = Math.min(Math.max(0, version - seen), MAX_ACTIONS)
  return count === 0 ? [] : (await storedActions(tx, number, count)).map(done)
}

/** In their order; of more than 500 the newest. Undefined where the actor sees no such incident. */
export async function actionsOf(tx: Tx, actor: Actor, id: string): Promise<ActionDone[] | undefined> {
  const incident = await incidentById(tx, visibleTo(actor), id)
  return incident && (await storedActions(tx, incident.number, MAX_ACTIONS)).map(done)
}

/** Matters, and what is on: what correlation remembers between commits. Nothing of it lives in memory. What is rare is
 *  asked for as its partial index says it: by a literal, for a bound value does not match. */
import { sql, type Selectable } from 'kysely'
import type { Tx } from './schema.ts'
import type { MatterTable } from './tables/incidents.ts'

export type MatterRow = Selectable<MatterTable>

/** × 7 columns, far below SQLite's 32,766 parameters; and as many as one message has entries. */
const AT_ONCE = 500

/** Parts of a list, so that a statement never has more parameters than the engine takes. */
export function* slices<T>(all: readonly T[], size = AT_ONCE): Generator<T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size)
}

export interface WantedMatter {
  readonly key: string
  readonly branch: number
  readonly bootId: number
}

/** The matters of these keys, made where they are new. */
export async function openMatters(
  tx: Tx,
  agentId: number,
  kind: string,
  wanted: readonly WantedMatter[],
): Promise<MatterRow[]> {
  const found: MatterRow[] = []
  for (const some of slices(wanted)) {
    const keys = some.map(({ key }) => key)
    const there = await byKeys(tx, agentId, kind, keys)
    found.push(...there)
    const fresh = some.filter(({ key }) => there.every((row) => row.key !== key))
    if (fresh.length === 0) continue
    const made = await tx
      .insertInto('matter')
      .values(
        fresh.map(({ key, branch, bootId }) => ({
          kind,
          agent_id: agentId,
          key,
          branch,
          boot_id: bootId,
          facts: '',
          going_on: 0,
          stale: 0,
          incident_number: null,
        })),
      )
      .returningAll()
      .execute()
    found.push(...made)
  }
  return found
}

const byKeys = (tx: Tx, agentId: number, kind: string, keys: readonly string[]): Promise<MatterRow[]> =>
  tx
    .selectFrom('matter')
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('kind', '=', kind)
    .where('key', 'in', keys)
    .execute()

export const matterById = (tx: Tx, id: number): Promise<MatterRow | undefined> =>
  tx.selectFrom('matter').selectAll().where('id', '=', id).limit(1).executeTakeFirst()

export type MatterChange = Pick<MatterRow, 'facts' | 'going_on' | 'incident_number' | 'branch' | 'boot_id'>

export async function saveMatter(tx: Tx, id: number, change: MatterChange): Promise<void> {
  await tx.updateTable('matter').set(change).where('id', '=', id).execute()
}

/** They wait to be folded anew from their entries. */
export async function markStale(tx: Tx, ids: readonly number[]): Promise<void> {
  for (const some of slices(ids)) await tx.updateTable('matter').set({ stale: 1 }).where('id', 'in', some).execute()
}

/** All that a boot of the agent was the last to tell of. */
export async function markBootStale(tx: Tx, agentId: number, boot: number): Promise<void> {
  await tx.updateTable('matter').set({ stale: 1 }).where('agent_id', '=', agentId).where('boot_id', '=', boot).execute()
}

export async function markFolded(tx: Tx, id: number): Promise<void> {
  await tx.updateTable('matter').set({ stale: 0 }).where('id', '=', id).execute()
}

/** Matters that wait to be folded, after that one. */
export const staleAfter = (tx: Tx, id: number, limit: number): Promise<MatterRow[]> =>
  tx
    .selectFrom('matter')
    .selectAll()
    .where('stale', '=', sql.lit(1))
    .where('id', '>', id)
    .orderBy('id')
    .limit(limit)
    .execute()

/** All matters, after that one. */
export const mattersAfter = (tx: Tx, id: number, limit: number): Promise<MatterRow[]> =>
  tx.selectFrom('matter').selectAll().where('id', '>', id).orderBy('id').limit(limit).execute()

/** What goes on in the branch and is of another boot than this one, where people see an incident of its own. */
export const goingOnBefore = (tx: Tx, branch: number, boot: number): Promise<MatterRow[]> =>
  tx
    .selectFrom('matter')
    .innerJoin('incident', 'incident.number', 'matter.incident_number')
    .selectAll('matter')
    .where('branch', '=', branch)
    .where('matter.boot_id', '!=', boot)
    .where('going_on', '=', sql.lit(1))
    .where('incident.kind', '!=', 'many-at-once')
    .execute()

/** How many matters that go on each gathering incident has in that branch, of other boots than this one. */
export const gatheredBefore = (tx: Tx, branch: number, boot: number): Promise<{ number: number; count: number }[]> =>
  tx
    .selectFrom('matter')
    .innerJoin('incident', 'incident.number', 'matter.incident_number')
    .select((is) => ['incident.number', is.fn.countAll<number>().as('count')])
    .where('branch', '=', branch)
    .where('matter.boot_id', '!=', boot)
    .where('going_on', '=', sql.lit(1))
    .where('incident.kind', '=', 'many-at-once')
    .groupBy('incident.number')
    .execute()

/** Nothing of an older boot goes on in the branch any more. */
export async function endAllBefore(tx: Tx, branch: number, boot: number): Promise<void> {
  const before = tx
    .selectFrom('matter')
    .select('id')
    .where('branch', '=', branch)
    .where('boot_id', '!=', boot)
    .where('going_on', '=', sql.lit(1))
  await tx.deleteFrom('broken_part').where('matter_id', 'in', before).execute()
  await tx
    .updateTable('matter')
    .set({ going_on: 0 })
    .where('branch', '=', branch)
    .where('boot_id', '!=', boot)
    .where('going_on', '=', sql.lit(1))
    .execute()
}

/** All branches of an agent in which something goes on. */
export async function branchesGoingOn(tx: Tx, agentId: number): Promise<number[]> {
  const rows = await tx
    .selectFrom('matter')
    .select('branch')
    .distinct()
    .where('agent_id', '=', agentId)
    .where('going_on', '=', sql.lit(1))
    .execute()
  return rows.map(({ branch }) => branch)
}

export interface PartOn {
  readonly matterId: number
  readonly bootId: number
  readonly part: string
}

/** Of these parts those that are on. */
export async function partsOn(tx: Tx, parts: readonly PartOn[]): Promise<PartOn[]> {
  const on: PartOn[] = []
  for (const some of slices(parts)) {
    const rows = await tx
      .selectFrom('broken_part')
      .selectAll()
      .where('matter_id', 'in', [...new Set(some.map(({ matterId }) => matterId))])
      .where('part', 'in', [...new Set(some.map(({ part }) => part))])
      .execute()
    on.push(...rows.map(({ matter_id, boot_id, part }) => ({ matterId: matter_id, bootId: boot_id, part })))
  }
  return on
}

export async function putPartsOn(tx: Tx, parts: readonly PartOn[]): Promise<void> {
  for (const some of slices(parts))
    await tx
      .insertInto('broken_part')
      .values(some.map(({ matterId, bootId, part }) => ({ matter_id: matterId, boot_id: bootId, part })))
      .onConflict((conflict) => conflict.columns(['matter_id', 'boot_id', 'part']).doNothing())
      .execute()
}

export async function takePartsOff(tx: Tx, matterId: number, bootId: number, parts: readonly string[]): Promise<void> {
  for (const some of slices(parts))
    await tx
      .deleteFrom('broken_part')
      .where('matter_id', '=', matterId)
      .where('boot_id', '=', bootId)
      .where('part', 'in', some)
      .execute()
}

export async function takeAllOff(tx: Tx, matterId: number): Promise<void> {
  await tx.deleteFrom('broken_part').where('matter_id', '=', matterId).execute()
}

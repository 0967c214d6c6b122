/** Matters that wait to be folded anew are folded, one at a time, beside the agents' work; and all of them on order. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Told } from '#collector/alerts/tell.ts'
import { anchorsOf } from '#collector/store/boots.ts'
import type { Store } from '#collector/store/database.ts'
import { incidentsWithoutMatter, type IncidentRow } from '#collector/store/incidents.ts'
import { matterById, mattersAfter, staleAfter, type MatterRow } from '#collector/store/matters.ts'
import type { Tx } from '#collector/store/schema.ts'
import { applyRefolded } from './apply-refold.ts'
import { openChanges } from './changes.ts'
import { differences, differs } from './differences.ts'
import { foldOn, refold, SLICE, type Refolded } from './refold.ts'
import { bootsIn, picture } from './pictures.ts'
import { stumbled } from './stumble.ts'

const PAGE = 100
/** A matter that gets entries while it is folded is folded again; after so many it waits for the next round. */
const TRIES = 3

export interface Refolding {
  readonly store: Pick<Store, 'read' | 'write'>
  readonly told: () => Told
  /** Of this program: stands in what it withdraws. */
  readonly version: string
  /** Ids of incidents that changed. */
  readonly changed: (ids: readonly string[]) => void
  /** Hears after each matter how many were folded. */
  readonly folded?: (matters: number) => void
  /** Hears which matter could not be folded, and why: it is left as it is, and the others go on. */
  readonly stumbled?: (matter: number, why: string) => void
}

/** Folds every matter that waits; how many. Ends early when `signal` aborts. */
export async function refoldStale(parts: Refolding, signal?: AbortSignal): Promise<number> {
  let folded = 0
  for (let after = 0; ;) {
    const rows = await parts.store.read((tx) => staleAfter(tx, after, PAGE))
    for (const row of rows) {
      if (signal?.aborted === true) return folded
      const why = await stumbled(async () => {
        if (await refoldOne(parts, row)) folded += 1
      })
      if (why !== undefined) parts.stumbled?.(row.id, why)
      parts.folded?.(folded)
      await nextTurn()
    }
    after = rows.at(-1)?.id ?? after
    if (rows.length < PAGE) return folded
  }
}

/** False where it gets more entries faster than it can be folded: it stays in the queue. */
async function refoldOne({ store, told, version, changed }: Refolding, row: MatterRow): Promise<boolean> {
  let before: Refolded | undefined
  for (let tried = 0; tried < TRIES; tried++) {
    const folded: Refolded | undefined =
      (before && (await foldOn(store.read, before))) ?? (await refold(store.read, row))
    if (folded === undefined) return false
    const ids = await store.write(async (tx) => {
      const whole = await foldOn((run) => run(tx), folded, SLICE)
      const changes = openChanges(tx, told())
      return whole && (await applyRefolded(changes, whole, version)) ? changes.finish() : undefined
    })
    before = folded
    if (ids === undefined) continue
    changed(ids)
    return true
  }
  return false
}

export interface RefoldProgress {
  readonly matters: number
  readonly differing: number
  /** Of those that differ: what could not be put right. */
  readonly left: number
}

/** Folds every matter and compares it with what is stored, or (without `check`) makes it so. `tell` hears of each difference. */
export async function recorrelate(
  parts: Refolding,
  { check, tell, progress }: { check: boolean; tell: (line: string) => void; progress: (so: RefoldProgress) => void },
): Promise<RefoldProgress> {
  let [matters, differing, left] = [0, 0, 0]
  for (let after = 0; ;) {
    const rows = await parts.store.read((tx) => mattersAfter(tx, after, PAGE))
    for (const row of rows) {
      matters += 1
      const lines: string[] = []
      const why = await stumbled(async () => {
        lines.push(...(await differencesOf(parts, row.id)))
        if (!check && lines.length > 0 && !(await refoldOne(parts, row))) left += 1
      })
      if (why !== undefined) {
        lines.push(`matter ${row.id}: cannot be folded: ${why}`)
        left += 1
      }
      if (lines.length > 0) differing += 1
      for (const line of lines) tell(line)
    }
    after = rows.at(-1)?.id ?? after
    progress({ matters, differing, left })
    if (rows.length < PAGE) break
  }
  const others = await lookAtOthers(parts, { check, tell })
  const all = { matters, differing: differing + others.differing, left: left + others.left }
  progress(all)
  return all
}

/** Incidents that no matter's entries make: those about logs, those that gather, and what was torn from its matter. */
async function lookAtOthers(
  { store, told }: Refolding,
  { check, tell }: { check: boolean; tell: (line: string) => void },
): Promise<Pick<RefoldProgress, 'differing' | 'left'>> {
  let [differing, left] = [0, 0]
  for (let after = 0; ;) {
    const rows = await store.read((tx) => incidentsWithoutMatter(tx, after, PAGE))
    for (const row of rows) {
      const lines = await store.read((tx) => differencesOfOther(tx, row))
      for (const line of lines) tell(line)
      if (lines.length > 0) differing += 1
      if (check || lines.length === 0) continue
      const why = await stumbled(() => redraw({ store, told }, row))
      if (why !== undefined) left += 1
    }
    after = rows.at(-1)?.number ?? after
    if (rows.length < PAGE) return { differing, left }
  }
}

async function differencesOfOther(tx: Tx, row: IncidentRow): Promise<string[]> {
  if (row.matter_id !== null) return [`incident ${row.number}: its matter ${row.matter_id} is not stored`]
  const fresh = picture(row.kind, row.facts ?? '', await anchorsOf(tx, bootsIn(row.kind, row.facts ?? '')))
  return fresh === undefined ? [`incident ${row.number}: what it is drawn from cannot be read`] : differs(row, fresh)
}

/** From its facts, which are its own; throws where these are torn too. */
const redraw = ({ store, told }: Pick<Refolding, 'store' | 'told'>, row: IncidentRow): Promise<unknown> =>
  store.write(async (tx) => {
    const changes = openChanges(tx, told())
    await changes.update(row, { facts: row.facts ?? '' })
    await changes.finish()
  })

async function differencesOf({ store }: Refolding, id: number): Promise<string[]> {
  const row = await store.read((tx) => matterById(tx, id))
  const refolded = row && (await refold(store.read, row))
  if (refolded === undefined) return row === undefined ? [] : [`matter ${id}: ${row.kind} is no kind of matter`]
  return store.read((tx) => differences(tx, refolded, (boots) => anchorsOf(tx, [...new Set(boots)])))
}

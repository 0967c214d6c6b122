/** Matters that wait to be folded anew are folded, one at a time, beside the agents' work; and all of them on order. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Told } from '#collector/alerts/tell.ts'
import { anchorsOf } from '#collector/store/boots.ts'
import type { Store } from '#collector/store/database.ts'
import { matterById, mattersAfter, staleAfter, type MatterRow } from '#collector/store/matters.ts'
import { applyRefolded, differences } from './apply-refold.ts'
import { openChanges } from './changes.ts'
import { refold } from './refold.ts'

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
}

/** Folds every matter that waits; how many. Ends early when `signal` aborts. */
export async function refoldStale(parts: Refolding, signal?: AbortSignal): Promise<number> {
  let folded = 0
  for (let after = 0; ;) {
    const rows = await parts.store.read((tx) => staleAfter(tx, after, PAGE))
    for (const row of rows) {
      if (signal?.aborted === true) return folded
      if (await refoldOne(parts, row)) folded += 1
      parts.folded?.(folded)
      await nextTurn()
    }
    after = rows.at(-1)?.id ?? after
    if (rows.length < PAGE) return folded
  }
}

/** False where it gets more entries faster than it can be folded: it stays in the queue. */
async function refoldOne({ store, told, version, changed }: Refolding, row: MatterRow): Promise<boolean> {
  for (let tried = 0; tried < TRIES; tried++) {
    const refolded = await refold(store.read, row)
    if (refolded === undefined) return false
    const ids = await store.write(async (tx) => {
      const changes = openChanges(tx, told())
      return (await applyRefolded(changes, refolded, version)) ? changes.finish() : undefined
    })
    if (ids === undefined) continue
    changed(ids)
    return true
  }
  return false
}

export interface Progress {
  readonly matters: number
  readonly differing: number
}

/** Folds every matter and compares it with what is stored, or (without `check`) makes it so. `tell` hears of each difference. */
export async function recorrelate(
  parts: Refolding,
  { check, tell, progress }: { check: boolean; tell: (line: string) => void; progress: (so: Progress) => void },
): Promise<Progress> {
  let [matters, differing] = [0, 0]
  for (let after = 0; ;) {
    const rows = await parts.store.read((tx) => mattersAfter(tx, after, PAGE))
    for (const row of rows) {
      matters += 1
      const lines = await differencesOf(parts, row.id)
      if (lines.length > 0) differing += 1
      for (const line of lines) tell(line)
      if (!check && lines.length > 0) await refoldOne(parts, row)
    }
    after = rows.at(-1)?.id ?? after
    progress({ matters, differing })
    if (rows.length < PAGE) return { matters, differing }
  }
}

async function differencesOf({ store }: Refolding, id: number): Promise<string[]> {
  const row = await store.read((tx) => matterById(tx, id))
  const refolded = row && (await refold(store.read, row))
  if (refolded === undefined) return []
  return store.read((tx) => differences(tx, refolded, (boots) => anchorsOf(tx, [...new Set(boots)])))
}

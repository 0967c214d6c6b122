/** Whether the store takes anything: a condition while it does not, and the size of what waits to be folded into it.
 *  What it did not take is asked for again by whoever has it; here it is only seen, and tried whether it is well again. */
import { metricLines } from '#collector/metric-list.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Conditions } from './conditions.ts'
import type { Store } from './store/database.ts'
import { isStoreFault } from './store/faults.ts'
import { touchStore } from './store/probe.ts'
import type { Tx } from './store/schema.ts'

/** While this is raised `/healthz` says that the collector is failing. */
export const STORE_FAILED = 'store.failed'
const WAL_LARGE = 'store.wal-large'

/** While it takes nothing it is tried this often. */
const PROBE_MS = 5_000
/** Eight times what it grows to while nobody reads an old moment. */
const WAL_LARGE_BYTES = 64 * 1024 * 1024
/** Folded in from here on, whether or not somebody writes; under load it stays below. */
const WAL_FOLD_BYTES = 32 * 1024 * 1024
const WAL_LOOK_MS = 5_000

export interface WatchedStore extends AsyncDisposable {
  /** The same store; that it failed is seen. */
  readonly store: Store
  /** For `/metrics`. */
  readonly lines: () => string[]
}

/** Disposing ends the watch; the store stays open. */
export function watchStore(
  store: Store,
  { conditions, clock }: { conditions: Conditions; clock: Clock },
): WatchedStore {
  const write = async <T>(run: (tx: Tx) => Promise<T>): Promise<T> => {
    try {
      const result = await store.write(run)
      conditions.clear(STORE_FAILED)
      return result
    } catch (error) {
      if (isStoreFault(error)) conditions.raise(STORE_FAILED, { error: String(error) })
      throw error
    }
  }
  const isFailed = (): boolean => conditions.all().some(({ code }) => code === STORE_FAILED)
  let walBytes = 0
  const lookAtWal = async (): Promise<void> => {
    walBytes = await store.wal.bytes()
    if (walBytes >= WAL_FOLD_BYTES && (await store.wal.fold())) walBytes = await store.wal.bytes()
    if (walBytes < WAL_LARGE_BYTES) conditions.clear(WAL_LARGE)
    else conditions.raise(WAL_LARGE, { mib: roundedMib(walBytes) })
  }
  const stop = new AbortController()
  const every = async (ms: number, look: () => Promise<unknown>): Promise<void> => {
    while (!stop.signal.aborted) {
      await clock.sleep(ms, stop.signal)
      if (!stop.signal.aborted) await look().catch(() => undefined) // it failed: that is what is looked for
    }
  }
  const watching = [every(PROBE_MS, async () => isFailed() && (await write(touchStore))), every(WAL_LOOK_MS, lookAtWal)]
  return {
    store: { ...store, write },
    lines: () => metricLines('shoumi_store_wal_bytes', [[walBytes]]),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(watching)
    },
  }
}

/** Told again when it has doubled, not each time that somebody looks. */
const roundedMib = (bytes: number): number => 2 ** Math.floor(Math.log2(bytes / 1024 / 1024))

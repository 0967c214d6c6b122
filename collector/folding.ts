/** The duty about incidents while the collector serves: matters with entries that came out of their order are folded anew,
 *  and what a boot's clock has become known for is timed by it. */
import { makeBell } from '#base/bell.ts'
import type { Log } from '#base/log.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { openChanges } from './incidents/changes.ts'
import { refoldStale, type Refolding } from './incidents/recorrelate.ts'
import { retimeSome } from './incidents/retime.ts'

/** After the store took nothing; and what rings no bell is found by looking this often. */
const LOOK_MS = 5_000
/** A line of progress at most this often. */
const PROGRESS_MS = 10_000

export interface Folding extends AsyncDisposable {
  /** Something waits: look now. */
  readonly wake: () => void
}

export function startFolding(
  refolding: Refolding,
  { clock, log }: { clock: Pick<Clock, 'sleep' | 'monotonic'>; log: Pick<Log, 'error' | 'info'> },
): Folding {
  const stop = new AbortController()
  const bell = makeBell(stop.signal)
  const said = new Set<number>() // as many as are torn
  const left = (matter: number, error: string): void => {
    if (said.has(matter)) return
    said.add(matter)
    log.error('A matter cannot be folded anew; the others go on', { matter, error })
  }
  const look = async (): Promise<void> => {
    let saidAt = clock.monotonic()
    const progress = (matters: number): void => {
      if (clock.monotonic() - saidAt < PROGRESS_MS) return
      saidAt = clock.monotonic()
      log.info('Matters are being folded anew', { matters })
    }
    const folded = await refoldStale({ ...refolding, folded: progress, stumbled: left }, stop.signal)
    if (folded > 0) log.info('Matters were folded anew', { matters: folded })
    while (!stop.signal.aborted && (await retimeStep(refolding)));
  }
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await look().catch((error: unknown) => log.error('Folding waits for the store', { error: String(error) }))
      await bell.rung((until) => clock.sleep(LOOK_MS, until))
    }
  }
  const running = run()
  return {
    wake: bell.ring,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

/** False: nothing is left. */
const retimeStep = ({ store, told, changed }: Refolding): Promise<boolean> =>
  store.write(async (tx) => {
    const changes = openChanges(tx, told())
    const isLeft = await retimeSome(changes)
    changed(await changes.finish())
    return isLeft
  })

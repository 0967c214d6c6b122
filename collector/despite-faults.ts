/** A collector whose store takes nothing at its start serves what it can, and all of it once the store takes something
 *  again: nobody has to be at hand to start it anew. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Log } from '#base/log.ts'
import type { Collector } from './serving.ts'
import { isStoreFault } from './store/faults.ts'

/** Tried again after this. */
const AGAIN_MS = 5_000

export interface Starting {
  /** All of it; rejects where it cannot start. `ports`: those that it had before. */
  readonly whole: (ports: Ports | undefined) => Promise<Collector>
  /** What does without writing; `fault` is why. */
  readonly standIn: (fault: unknown, ports: Ports | undefined) => Promise<Collector>
  /** Whether the store takes something. */
  readonly isWell: () => Promise<boolean>
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Pick<Log, 'error' | 'info'>
}

/** So that people and agents find it again where a port was chosen by the system. */
export interface Ports {
  readonly agents: number
  readonly console: number
}

/** Serves when it resolves. Rejects where it cannot start for another reason than the store. */
export async function startDespiteFaults(starting: Starting): Promise<Collector> {
  const { clock, log, isWell } = starting
  const stop = new AbortController()
  const first = await startOne(starting, undefined)
  let { running } = first
  const mend = async (): Promise<void> => {
    for (let isWhole = first.isWhole; !isWhole;) {
      await clock.sleep(AGAIN_MS, stop.signal)
      if (stop.signal.aborted) return
      if (!(await isWell())) continue
      const ports = portsOf(running)
      await running[Symbol.asyncDispose]()
      try {
        ;({ running, isWhole } = await startOne(starting, ports))
        if (isWhole) log.info('The store takes something again: all of the collector runs')
      } catch (error) {
        log.error('The collector could not be started; it is tried again', { error: String(error) })
        running = gone(running)
      }
    }
  }
  const mending = mend()
  return {
    get agentsUrl() {
      return running.agentsUrl
    },
    get consoleUrl() {
      return running.consoleUrl
    },
    get caPin() {
      return running.caPin
    },
    reload: () => running.reload(),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await mending
      await running[Symbol.asyncDispose]()
    },
  }
}

async function startOne(
  { whole, standIn, log }: Starting,
  ports: Ports | undefined,
): Promise<{ running: Collector; isWhole: boolean }> {
  try {
    return { running: await whole(ports), isWhole: true }
  } catch (error) {
    if (!isStoreFault(error)) throw error
    log.error('The store takes nothing: the collector serves what can be read, and takes no agents', {
      error: String(error),
    })
    return { running: await standIn(error, ports), isWhole: false }
  }
}

const portsOf = ({ agentsUrl, consoleUrl }: Collector): Ports => ({
  agents: Number(new URL(agentsUrl).port),
  console: Number(new URL(consoleUrl).port),
})

/** Neither it nor another runs at this moment. */
const gone = ({ agentsUrl, consoleUrl, caPin }: Collector): Collector => ({
  agentsUrl,
  consoleUrl,
  caPin,
  reload: () => Promise.resolve(),
  [Symbol.asyncDispose]: () => Promise.resolve(),
})

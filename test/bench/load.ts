/** The load generator, a process of its own: enrols, connects, lets it run warm, measures, and prints one line of JSON. */
import { flapping, openStays } from './flood-events.ts'
import { enrol, startSender, type Enrolled, type Receipted } from './load-agent.ts'
import { percentile } from './report.ts'

export interface LoadOptions {
  readonly port: number
  readonly token: string
  readonly senders: number
  readonly seconds: number
  /** What they say; the mix of an office where nothing is said. */
  readonly flood?: keyof typeof floods
}
export interface LoadResult {
  readonly eventsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly eventBytes: number
  /** All that was receipted, before, in and after the measured time. */
  readonly receipted: number
  /** Of one core, while it was measured. */
  readonly cpu: number
}

const floods = { flapping, openStays }
const WARM_MS = 2_000
const ENROL_AT_ONCE = 10

export async function runLoad({ port, token, senders, seconds, flood }: LoadOptions): Promise<LoadResult> {
  const enrolled: Enrolled[] = []
  while (enrolled.length < senders) {
    const already = enrolled.length
    const count = Math.min(ENROL_AT_ONCE, senders - already)
    enrolled.push(...(await Promise.all(Array.from({ length: count }, (_, nth) => enrol(port, token, already + nth)))))
  }
  let receipted = 0
  let measured: Receipted[] | undefined
  const note = (receipt: Receipted): void => {
    receipted += receipt.entries
    measured?.push(receipt) // a message holds hundreds of events: some hundred receipts a second
  }
  const sending = flood === undefined ? {} : { line: floods[flood] }
  const running = await Promise.all(enrolled.map((each) => startSender(port, each, note, sending)))
  for (const { go } of running) go()
  const failed = Promise.race(running.map(({ done }) => done.then(() => Promise.reject(new Error('A sender ended.')))))
  failed.catch(() => undefined) // heard in the races below, or of no interest any more
  await Promise.race([pause(WARM_MS), failed])
  const [cpuAt, startedAt] = [process.cpuUsage(), performance.now()]
  const receipts: Receipted[] = (measured = [])
  await Promise.race([pause(seconds * 1000), failed])
  const tookS = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpuAt)
  measured = undefined
  for (const { stop } of running) stop()
  await Promise.all(running.map(({ done }) => done))
  const sum = (of: (receipt: Receipted) => number): number => receipts.reduce((total, each) => total + of(each), 0)
  const took = receipts.map(({ tookMs }) => tookMs)
  return {
    eventsPerSecond: sum(({ entries }) => entries) / tookS,
    p50Ms: percentile(took, 0.5),
    p99Ms: percentile(took, 0.99),
    eventBytes: sum(({ bytes }) => bytes) / sum(({ entries }) => entries),
    receipted,
    cpu: (user + system) / 1e6 / tookS,
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

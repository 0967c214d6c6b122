/** How long both programs take to be of use, and what memory they hold then; as they ship. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { healthyAt, memoryOf, setUpCollector, start } from './programs.ts'
import { percentile, type Row } from './report.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const RUNS = 5
/** An agent that is to arm its sensors does so long before. */
const ARMED_WITHIN_MS = 3_000

export async function benchStart(restSeconds: number): Promise<Row[]> {
  console.log(`bench: collector, ${RUNS} starts …`)
  const collectors = await repeat(() => startCollectorOnce(restSeconds))
  console.log(`bench: agent, ${RUNS} starts …`)
  const agents = await repeat(() => startAgentOnce(restSeconds))
  const median = (values: readonly Started[], of: (started: Started) => number): number =>
    percentile(values.map(of), 0.5)
  const worst = (values: readonly Started[]): number => Math.max(...values.map(({ tookMs }) => tookMs))
  return [
    { what: 'collector: start → /healthz, median', value: median(collectors, ({ tookMs }) => tookMs), unit: 'ms' },
    { what: 'collector: start → /healthz, worst', value: worst(collectors), unit: 'ms' },
    { what: 'collector: RSS at rest', value: median(collectors, ({ rss }) => rss), unit: 'MiB' },
    { what: 'collector: RssAnon at rest', value: median(collectors, ({ anonymous }) => anonymous), unit: 'MiB' },
    {
      what: 'agent: start → first sensor armed, median',
      value: median(agents, ({ tookMs }) => tookMs),
      unit: 'ms',
      toReach: { atMost: 400 },
    },
    { what: 'agent: start → first sensor armed, worst', value: worst(agents), unit: 'ms' },
    {
      what: `agent: RSS after ${restSeconds} s`,
      value: median(agents, ({ rss }) => rss),
      unit: 'MiB',
      toReach: { atMost: 80 },
    },
    {
      what: `agent: RssAnon after ${restSeconds} s`,
      value: median(agents, ({ anonymous }) => anonymous),
      unit: 'MiB',
      toReach: { atMost: 32 },
    },
  ]
}

interface Started {
  readonly tookMs: number
  readonly rss: number
  readonly anonymous: number
}

async function repeat(once: () => Promise<Started>): Promise<Started[]> {
  const all: Started[] = []
  for (let run = 0; run < RUNS; run++) all.push(await once())
  return all
}

/** With keys and store made before: what is measured is a start, not a first one. */
async function startCollectorOnce(restSeconds: number): Promise<Started> {
  using folder = temporaryFolder()
  const { config, consoleUrl } = await setUpCollector(folder.path)
  await using running = start('collector', ['serve', '--config', config])
  const tookMs = (await healthyAt(consoleUrl, running)) - running.startedAt
  await pause(restSeconds * 1000)
  return { tookMs, ...(await memoryOf(running.pid)) }
}

/** Without a collector. A sensor that is armed says so in the journal, with the time since boot: the clock that we start
 *  it by. */
async function startAgentOnce(restSeconds: number): Promise<Started> {
  using folder = temporaryFolder()
  const dataDir = join(folder.path, 'agent')
  const config = join(folder.path, 'agent.yaml')
  await writeFile(config, JSON.stringify({ dataDir, log: { level: 'warn' } }))
  let startedAt: number
  let memory: { rss: number; anonymous: number }
  {
    await using running = start('agent', ['run', '--config', config])
    startedAt = running.startedAt
    await pause(Math.max(ARMED_WITHIN_MS, restSeconds * 1000))
    memory = await memoryOf(running.pid)
  }
  return { tookMs: firstArmed(join(dataDir, 'journal', 'journal.db')) - startedAt, ...memory }
}

function firstArmed(file: string): number {
  const db = new DatabaseSync(file, { readOnly: true })
  const found = db
    .prepare(
      `SELECT min(line ->> '$.mono') AS mono FROM entry
       WHERE line ->> '$.kind' = 'agent.coverage' AND line ->> '$.detail.state' = 'watching'`,
    )
    .get()
  db.close()
  if (typeof found?.['mono'] !== 'number') throw new Error('No sensor was armed: see what the agent says above.')
  return found['mono']
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

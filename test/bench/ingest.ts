/** Ingest: a real collector and a load generator, both processes, over TLS with client certificates; everything is
 *  checked, correlated and committed before its receipt. Beside it, in the same run, the bare store. */
import { execFile } from 'node:child_process'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LoadOptions, LoadResult } from './load.ts'
import { cpuOf, healthyAt, memoryOf, setUpCollector, start } from './programs.ts'
import { rawInserts } from './raw.ts'
import type { Row } from './report.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const run = promisify(execFile)
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

export async function benchIngest(seconds: number): Promise<Row[]> {
  console.log('bench: raw inserts …')
  const raw = await rawInserts(Math.min(seconds, 10))
  const rows: Row[] = [{ what: 'raw node:sqlite, batches of 500', value: raw, unit: 'events/s' }]
  for (const senders of [1, 100]) {
    console.log(`bench: ${senders} ${senders === 1 ? 'sender' : 'senders'}, ${seconds} s …`)
    rows.push(...(await oneLoad(senders, seconds, raw)))
  }
  return rows
}

async function oneLoad(senders: number, seconds: number, raw: number): Promise<Row[]> {
  using folder = temporaryFolder()
  const collector = await setUpCollector(folder.path)
  const token = await collector.token(senders)
  let load: LoadResult
  let [rss, cpu] = [0, 0]
  {
    await using running = start('collector', ['serve', '--config', collector.config])
    await healthyAt(collector.consoleUrl, running)
    const cpuAt = await cpuOf(running.pid)
    load = await generate({ port: collector.agentsPort, token, senders, seconds })
    cpu = (await cpuOf(running.pid)) - cpuAt
    rss = (await memoryOf(running.pid)).rss
  }
  const stored = storedIn(collector.storeFile)
  if (stored.entries !== load.receipted)
    throw new Error(`${load.receipted} events have a receipt and ${stored.entries} are in the store.`)
  const name = `${senders} ${senders === 1 ? 'sender' : 'senders'}`
  const figure = senders === 1 ? 40_000 : 45_000
  return [
    {
      what: `${name}: durable, receipted`,
      value: load.eventsPerSecond,
      unit: 'events/s',
      toReach: { atLeast: figure },
    },
    { what: `${name}: beside raw`, value: load.eventsPerSecond / raw, unit: '×', toReach: { atLeast: 0.5 } },
    { what: `${name}: receipt p50`, value: load.p50Ms, unit: 'ms' },
    { what: `${name}: receipt p99`, value: load.p99Ms, unit: 'ms', ...(senders === 1 && { toReach: { atMost: 40 } }) },
    { what: `${name}: an event`, value: load.eventBytes, unit: 'bytes' },
    { what: `${name}: correlated`, value: (100 * stored.correlated) / stored.entries, unit: '%' },
    { what: `${name}: incidents`, value: stored.incidents, unit: '' },
    { what: `${name}: collector`, value: (1e6 * cpu) / load.receipted, unit: 'µs of a core an event' },
    { what: `${name}: generator`, value: 100 * load.cpu, unit: '% of a core' },
    { what: `${name}: collector's memory`, value: rss, unit: 'MiB' },
  ]
}

export async function generate(options: LoadOptions): Promise<LoadResult> {
  const { stdout } = await run(process.execPath, [MAIN, 'load', JSON.stringify(options)])
  return JSON.parse(stdout)
}

/** Read from the file itself, when the collector has stopped. */
function storedIn(file: string): { entries: number; correlated: number; incidents: number } {
  const db = new DatabaseSync(file, { readOnly: true })
  const count = (sql: string): number => Number(db.prepare(`SELECT count(*) AS n FROM ${sql}`).get()?.['n'])
  const counts = {
    entries: count('entry WHERE state = 0'),
    correlated: count('entry WHERE matter_id IS NOT NULL'),
    incidents: count('incident'),
  }
  db.close()
  return counts
}

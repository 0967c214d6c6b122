/** `npm run bench -- collector|ingest|parts|start`: measures, and prints what is to be reached beside it. */
import { parseArgs } from 'node:util'
import { benchCollector } from './collector.ts'
import { full, small } from './full-store.ts'
import { benchIngest } from './ingest.ts'
import { runLoad } from './load.ts'
import { benchParts } from './parts.ts'
import { build } from './programs.ts'
import { printTable, writeJson, type Row } from './report.ts'
import { benchStart } from './start.ts'

const USAGE = `npm run bench -- collector|ingest|parts|start [--seconds N] [--json FILE] [--small]

  collector  a store of 1,000,000 entries, 100,000 incidents and alerts (--small: 10,000 and 1,000): each list, filter
             and count, what an event costs beside an empty store, 60 agents that boot at once, floods beside others
             (N s each, default 10)
  ingest     durable, receipted events a second from 1 and 100 senders, N s each (default 20), beside raw inserts
  parts      what an event costs by part of its way, from 100 senders in N s (default 20)
  start      from starting to being of use, and memory after N s at rest (default 5), of both programs`

const benches: Readonly<Record<string, (options: { seconds?: number; isSmall: boolean }) => Promise<Row[]>>> = {
  collector: ({ seconds = 10, isSmall }) => benchCollector(isSmall ? small : full, seconds),
  ingest: ({ seconds = 20 }) => benchIngest(seconds),
  parts: ({ seconds = 20 }) => benchParts(seconds),
  start: ({ seconds = 5 }) => benchStart(seconds),
}

async function main(args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args
  if (name === 'load') {
    console.log(JSON.stringify(await runLoad(JSON.parse(rest[0] ?? '{}'))))
    return 0
  }
  const { values } = parseArgs({
    args: rest,
    options: { json: { type: 'string' }, seconds: { type: 'string' }, small: { type: 'boolean', default: false } },
  })
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds)
  const fault = seconds !== undefined && !(seconds >= 1 && seconds <= 3600)
  const bench = benches[name]
  if (bench === undefined || fault) {
    console.error(fault ? '--seconds takes a number from 1 to 3600.' : USAGE)
    return 2
  }
  console.log('bench: bundling …')
  await build(name === 'start' ? ['collector', 'agent'] : ['collector'])
  const rows = await bench({ ...(seconds !== undefined && { seconds }), isSmall: values.small })
  printTable(rows)
  if (values.json !== undefined) await writeJson(values.json, rows)
  return 0
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  return 1
})

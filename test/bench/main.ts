/** `npm run bench -- ingest|start [--json FILE] [--seconds N]`: measures, and prints what is to be reached beside it. */
import { parseArgs } from 'node:util'
import { benchIngest } from './ingest.ts'
import { runLoad } from './load.ts'
import { build } from './programs.ts'
import { printTable, writeJson, type Row } from './report.ts'
import { benchStart } from './start.ts'

const USAGE = `npm run bench -- ingest|start [--seconds N] [--json FILE]

  ingest   durable, receipted events a second from 1 and 100 senders, N s each (default 20), beside raw inserts
  start    from starting to being of use, and memory after N s at rest (default 5), of both programs`

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === 'load') {
    console.log(JSON.stringify(await runLoad(JSON.parse(rest[0] ?? '{}'))))
    return 0
  }
  const { values } = parseArgs({ args: rest, options: { json: { type: 'string' }, seconds: { type: 'string' } } })
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds)
  const fault = seconds !== undefined && !(seconds >= 1 && seconds <= 3600)
  if ((name !== 'ingest' && name !== 'start') || fault) {
    console.error(fault ? '--seconds takes a number from 1 to 3600.' : USAGE)
    return 2
  }
  console.log('bench: bundling …')
  await build(name === 'ingest' ? ['collector'] : ['collector', 'agent'])
  const rows: Row[] = name === 'ingest' ? await benchIngest(seconds ?? 20) : await benchStart(seconds ?? 5)
  printTable(rows)
  if (values.json !== undefined) await writeJson(values.json, rows)
  return 0
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`)
  return 1
})

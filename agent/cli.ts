#!/usr/bin/env node
/** `shoumi-agent`: finds the command, and is the only one that touches the process. */
import about from '../package.json' with { type: 'json' }
import type { Command, Io } from './commands/command.ts'
import { run } from './commands/run.ts'

const commands: readonly Command[] = [run]
/** What does not end by itself is ended. */
const STOP_MS = 5_000

const usage = `shoumi-agent ${about.version}: records what leaves this computer, and can prove it.

${commands.map(({ name, summary }) => `  shoumi-agent ${name.padEnd(10)} ${summary}`).join('\n')}

\`shoumi-agent COMMAND --help\` says more.`

async function main([name, ...args]: readonly string[], io: Io, signal: AbortSignal): Promise<number> {
  if (name === '--help' || name === '-h') return (io.out(usage), 0)
  const command = commands.find((known) => known.name === name)
  if (command === undefined)
    return (io.err(`shoumi-agent: ${name ?? 'nothing'} is no command; see shoumi-agent --help`), 2)
  if (args.includes('--help') || args.includes('-h')) return (io.out(command.usage), 0)
  try {
    return await command.run(args, io, signal)
  } catch (error) {
    if (!isBadUsage(error)) throw error
    return (io.err(`shoumi-agent: ${error.message}; see shoumi-agent ${command.name} --help`), 2)
  }
}

const isBadUsage = (error: unknown): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')

const stop = new AbortController()
for (const name of ['SIGTERM', 'SIGINT'] as const)
  process.once(name, () => {
    stop.abort()
    setTimeout(() => process.exit(1), STOP_MS).unref()
  })
const io: Io = {
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  environment: process.env,
  crash(error) {
    console.error(error)
    process.exit(1)
  },
}
process.exitCode = await main(process.argv.slice(2), io, stop.signal)

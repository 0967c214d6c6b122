#!/usr/bin/env node
/** `shoumi-collector`: the only place of the collector that touches `process`. */
import { userInfo } from 'node:os'
import { fileURLToPath } from 'node:url'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { ConfigError } from '#shared/vocabulary/yaml.ts'
import { backupCommand } from './commands/backup.ts'
import { UsageError, type Command, type Io } from './commands/command.ts'
import { endpointConfirm, endpointList, endpointMerge, endpointRetire } from './commands/endpoint.ts'
import { init } from './commands/init.ts'
import { publishCommand } from './commands/publish.ts'
import { recorrelateCommand } from './commands/recorrelate.ts'
import { serve } from './commands/serve.ts'
import { tokenCreate } from './commands/token.ts'
import { userReset } from './commands/user.ts'

/** A part that will not end is ended. */
const STOP_WITHIN_MS = 5_000

const commands: readonly Command[] = [
  serve,
  init,
  publishCommand,
  endpointList,
  endpointConfirm,
  endpointRetire,
  endpointMerge,
  tokenCreate,
  userReset,
  recorrelateCommand,
  backupCommand,
]

const help = `shoumi-collector COMMAND

${commands.map(({ name, summary }) => `  ${name.padEnd(18)}${summary}`).join('\n')}

shoumi-collector COMMAND --help says more. Exit: 0 done, 1 failed, 2 bad usage or configuration.`

const io: Io = {
  clock: systemClock,
  user: whoRuns(),
  out: (line) => console.log(line),
  err: (line) => console.error(line),
  // From the source, or from the bundle in dist/collector.
  pagesDir: fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../dist/console' : '../console', import.meta.url)),
  onHangUp: (listener) => process.on('SIGHUP', listener),
}

/** Whoever ran sudo, else the user of this process; its number where it has no name. */
function whoRuns(): string {
  const { SUDO_USER: sudoer } = process.env
  if (sudoer !== undefined && sudoer !== '') return sudoer.slice(0, 64)
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

/** Ours, or the system's own (a port in use, a full disk): the message is enough. Anything else leaves its trace. */
const expected = new Set([
  'ConfigError',
  'UsageError',
  'TrustError',
  'StoreError',
  'StoreBusyError',
  'StoreTakesNothingError',
])
const isExpected = (error: unknown): error is Error =>
  error instanceof Error && (expected.has(error.name) || 'code' in error)

async function main(args: readonly string[], signal: AbortSignal): Promise<number> {
  const command = commands.find(({ name }) => name.split(' ').every((word, at) => word === args[at]))
  const wantsHelp = args.includes('--help') || args.includes('-h')
  if (command === undefined) {
    if (wantsHelp) io.out(help)
    else io.err(`${args.length === 0 ? 'A command is missing' : 'There is no such command'}: --help lists them.`)
    return wantsHelp ? 0 : 2
  }
  if (wantsHelp) {
    io.out(command.usage)
    return 0
  }
  try {
    return await command.run(args.slice(command.name.split(' ').length), io, signal)
  } catch (error) {
    io.err(isExpected(error) ? error.message : String(error instanceof Error ? error.stack : error))
    return error instanceof ConfigError || error instanceof UsageError ? 2 : 1
  }
}

process.umask(0o077) // what is stored names people and files: nobody else reads it
const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    stop.abort()
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref()
  })
process.exitCode = await main(process.argv.slice(2), stop.signal)

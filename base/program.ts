/** A program of commands: finds the one that is meant, says what there is, and turns how it ended into an exit code. */
import { UsageError, type ListedCommand, type Spoken } from './command.ts'

export interface Program<Io extends Spoken> {
  /** As typed. */
  readonly name: string
  readonly version: string
  /** One sentence for `--help`. */
  readonly about: string
  readonly commands: readonly ListedCommand<Io>[]
  /** The exit code of an error whose message says all; undefined: it leaves its trace, and 1. */
  readonly exitOf: (error: unknown) => number | undefined
}

/** What does not end by itself is ended. */
const STOP_WITHIN_MS = 5_000

/** For `cli.ts` alone: runs the command that the process was called with, until it ends or SIGTERM or SIGINT asks it to,
 *  and sets the exit code. */
export async function runProcess<Io extends Spoken>(program: Program<Io>, io: Io): Promise<void> {
  process.umask(0o077) // what is stored names people and files: nobody else reads it
  const stop = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      stop.abort()
      setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref()
    })
  process.exitCode = await runProgram(program, process.argv.slice(2), io, stop.signal)
}

/** Resolves to the exit code; never rejects. */
export async function runProgram<Io extends Spoken>(
  program: Program<Io>,
  args: readonly string[],
  io: Io,
  signal: AbortSignal,
): Promise<number> {
  const { name, commands } = program
  const asked = commands.find((each) => each.name.split(' ').every((word, at) => word === args[at]))
  const wantsHelp = args.includes('--help') || args.includes('-h')
  if (asked === undefined) {
    if (wantsHelp) return (io.out(help(program)), 0)
    if (args.includes('--version')) return (io.out(`${name} ${program.version}`), 0)
    io.err(`${args[0] === undefined ? 'A command is missing' : `${args[0]} is no command`}: ${name} --help lists them.`)
    return 2
  }
  if (wantsHelp) return (io.out(asked.usage), 0)
  try {
    const command = await asked.load()
    return await command(args.slice(asked.name.split(' ').length), io, signal)
  } catch (error) {
    const code = error instanceof UsageError ? 2 : program.exitOf(error)
    io.err(error instanceof Error && code !== undefined ? error.message : traceOf(error))
    return code ?? 1
  }
}

const help = <Io extends Spoken>({ name, about, commands }: Program<Io>): string => `${name} COMMAND

${about}

${commands.map((each) => `  ${each.name.padEnd(18)}${each.summary}`).join('\n')}

${name} COMMAND --help says more; ${name} --version says which this is.
Exit: 0 done, 1 failed, 2 bad usage or configuration.`

const traceOf = (error: unknown): string => (error instanceof Error && error.stack) || String(error)

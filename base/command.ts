/** A command: a function, so that tests call it as the program does. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'

/** Where a command speaks to whoever called it. */
export interface Spoken {
  /** One line on stdout: what was asked for. */
  readonly out: (line: string) => void
  /** One line on stderr. */
  readonly err: (line: string) => void
}

/** 0 done, 1 failed, 2 bad usage or configuration. Ends soon after `signal` aborts. */
export type Command<Io extends Spoken> = (args: readonly string[], io: Io, signal: AbortSignal) => Promise<number>

/** A command as it is listed: all that `--help` says of it stands here, and it is loaded only to be run. */
export interface ListedCommand<Io extends Spoken> {
  /** As typed: one word, or two. */
  readonly name: string
  /** One line for `--help`. */
  readonly summary: string
  /** What `--help` after its name prints. */
  readonly usage: string
  readonly load: () => Promise<Command<Io>>
}

/** Bad usage; the message says what to do. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The options and what stands beside them. Throws UsageError where they are not as declared. */
export function readArgs<O extends ParseArgsOptionsConfig>(args: readonly string[], options: O, positionals = 0) {
  const parsed = parse(args, options)
  if (parsed.positionals.length === positionals) return parsed
  throw new UsageError(
    parsed.positionals.length < positionals
      ? 'Something is missing; --help says what.'
      : `"${parsed.positionals[positionals]}" is too much; --help says what is taken.`,
  )
}

function parse<O extends ParseArgsOptionsConfig>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

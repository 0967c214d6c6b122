/** A command: a value with `run`, so that tests call it as `cli.ts` does. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import type { Clock } from '#shared/vocabulary/clock.ts'

export interface Io {
  readonly clock: Clock
  /** Who runs it, as far as the system says. */
  readonly user: string
  /** One line on stdout: what was asked for. */
  readonly out: (line: string) => void
  /** One line on stderr. */
  readonly err: (line: string) => void
  /** The folder with the built console. */
  readonly pagesDir: string
  /** Called at each SIGHUP. */
  readonly onHangUp: (listener: () => void) => void
}

export interface Command {
  /** As typed: one word, or two. */
  readonly name: string
  readonly summary: string
  /** What `--help` prints. */
  readonly usage: string
  /** 0 done, 1 failed, 2 bad usage or config. Ends soon after `signal` aborts. */
  readonly run: (args: readonly string[], io: Io, signal: AbortSignal) => Promise<number>
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

export const configOption = { config: { type: 'string', default: '/etc/shoumi/collector.yaml' } } as const
export const CONFIG_HELP = '  --config F        the configuration (default /etc/shoumi/collector.yaml)'

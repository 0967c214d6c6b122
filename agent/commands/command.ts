/** A command: a value that a test can call. Only `cli.ts` touches the process. */
export interface Io {
  readonly out: (line: string) => void
  readonly err: (line: string) => void
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Ends the process at once, with a trace: nothing in it can be relied on. */
  readonly crash: (error: unknown) => void
}

export interface Command {
  readonly name: string
  /** One line for `--help`. */
  readonly summary: string
  /** What `--help` after the name says. */
  readonly usage: string
  /** Resolves to the exit code: 0 well, 1 failed, 2 bad usage. `signal`: end in order. */
  readonly run: (args: readonly string[], io: Io, signal: AbortSignal) => Promise<number>
}

/** The operator's log: a constant sentence, then fields. Evidence never passes through it, nothing is written per event,
 *  and no name of a file or person stands above `debug`. */

const levels = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof levels)[number]
export type Fields = Readonly<Record<string, unknown>>

/** `error`: someone must act; `warn`: may need to; `info`: a handful a day; `debug`: the rest. */
export type Log = Readonly<Record<LogLevel, (sentence: string, fields?: Fields) => void>>

/** A log that hands each line to `write`. */
export const logTo = (write: (level: LogLevel, sentence: string, fields: Fields) => void): Log => {
  const at =
    (level: LogLevel) =>
    (sentence: string, fields: Fields = {}): void =>
      write(level, sentence, fields)
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') }
}

/** As a person reads it: time, level, sentence, and the fields as JSON where there are any. */
export const readable = (at: string, level: string, sentence: string, fields: Fields): string =>
  [at, level, sentence, ...(Object.keys(fields).length > 0 ? [JSON.stringify(fields)] : [])].join(' ')

export interface LineLogOptions {
  /** This and what is worse is written. */
  readonly level: LogLevel
  /** The moment, as text. */
  readonly now: () => string
  /** Takes each line as a person reads it. */
  readonly say: (line: string) => void
  /** Takes each line as JSON. */
  readonly keep: ((line: string) => void) | undefined
}

/** A log without a library. What it writes has been handed over when the call returns. */
export function openLineLog({ level: least, now, say, keep }: LineLogOptions): Log {
  return logTo((level, sentence, fields) => {
    if (levels.indexOf(level) > levels.indexOf(least)) return
    const at = now()
    say(readable(at, level, sentence, fields))
    keep?.(`${JSON.stringify({ ...fields, level, message: sentence, timestamp: at })}\n`)
  })
}

/** The operator's log: a constant sentence, then fields. Evidence never passes through it; nothing is written per event,
 *  and no name of a file or person stands above `debug`. */
import winston from 'winston'
import { rotatedFile } from './rotated-file.ts'

type Fields = Readonly<Record<string, unknown>>
/** `error`: someone must act; `warn`: may need to; `info`: a handful a day; `debug`: the rest. */
export interface Log {
  readonly error: (sentence: string, fields?: Fields) => void
  readonly warn: (sentence: string, fields?: Fields) => void
  readonly info: (sentence: string, fields?: Fields) => void
  readonly debug: (sentence: string, fields?: Fields) => void
}

const FILE_BYTES = 5 * 1024 * 1024
const FILES = 4 // × 5 MiB = 20 MiB; the oldest goes, and what its disk does not take is counted in the file

/** To the standard error, which the service manager keeps, and to a rotated file where one is named. What was written
 *  before disposal is in the file when that resolves. */
export function openLog(config: { level: string; file?: string }): Log & AsyncDisposable {
  const { combine, timestamp, json, printf } = winston.format
  const line = printf(({ timestamp: at, level, message, ...fields }) =>
    [String(at), level, String(message), ...(Object.keys(fields).length > 0 ? [JSON.stringify(fields)] : [])].join(' '),
  )
  const { file } = config
  const toFile = (filename: string): winston.transport =>
    new winston.transports.Stream({
      stream: rotatedFile(filename, { bytes: FILE_BYTES, files: FILES }),
      format: json(),
    })
  const logger = winston.createLogger({
    level: config.level,
    format: timestamp(),
    transports: [
      new winston.transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'], format: combine(line) }),
      ...(file === undefined ? [] : [toFile(file)]),
    ],
  })
  const at =
    (level: 'error' | 'warn' | 'info' | 'debug') =>
    (sentence: string, fields: Fields = {}): void =>
      void logger.log({ ...fields, level, message: sentence })
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        logger.once('finish', resolve)
        logger.end()
      }),
  }
}

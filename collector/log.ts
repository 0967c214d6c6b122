/** The operator's log: a constant sentence, then fields. Evidence never passes through it, and no name of a file or person
 *  stands above `debug`. */
import { join } from 'node:path'
import winston from 'winston'
import type { CollectorConfig } from './config.ts'
import { rotatedFile } from './rotated-file.ts'

type Fields = Readonly<Record<string, unknown>>
/** `error`: someone must act; `warn`: may need to; `info`: a handful a day; `debug`: the rest. */
export interface Log {
  readonly error: (sentence: string, fields?: Fields) => void
  readonly warn: (sentence: string, fields?: Fields) => void
  readonly info: (sentence: string, fields?: Fields) => void
  readonly debug: (sentence: string, fields?: Fields) => void
}

const FILE_BYTES = 10 * 1024 * 1024
const FILES = 5 // × 10 MiB = 50 MiB; the oldest goes, and what its disk does not take is counted in the file

/** JSON lines in a rotated file, and to stderr what someone may need to act on. What was written before disposal is in
 *  the file when that resolves. */
export function openLog(config: Pick<CollectorConfig, 'dataDir' | 'log'>): Log & AsyncDisposable {
  const { timestamp, json, printf } = winston.format
  const filename = config.log.file ?? join(config.dataDir, 'log', 'collector.log')
  const line = printf(({ timestamp: at, level, message, ...fields }) =>
    [String(at), level, String(message), ...(Object.keys(fields).length > 0 ? [JSON.stringify(fields)] : [])].join(' '),
  )
  const logger = winston.createLogger({
    level: config.log.level,
    format: timestamp(),
    transports: [
      new winston.transports.Stream({
        stream: rotatedFile(filename, { bytes: FILE_BYTES, files: FILES }),
        format: json(),
      }),
      new winston.transports.Console({ level: 'warn', stderrLevels: ['error', 'warn'], format: line }),
    ],
  })
  const at =
    (level: 'error' | 'warn' | 'info' | 'debug') =>
    (sentence: string, fields: Fields = {}): void => {
      logger.log({ ...fields, level, message: sentence })
    }
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

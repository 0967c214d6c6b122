import { join } from 'node:path'
import winston from 'winston'
import { logTo, readable, type Log } from '#base/log.ts'
import { rotatedFile } from '#base/rotated-file.ts'
import type { CollectorConfig } from './config.ts'

const FILE_BYTES = 10 * 1024 * 1024
const FILES = 5 // × 10 MiB = 50 MiB; the oldest goes, and what its disk does not take is counted in the file

/** The operator's log: JSON lines in a rotated file, and to stderr what someone may need to act on. What was written before
 *  disposal is in the file when that resolves; a peer that is turned away after it is told of nowhere, and harms nobody. */
export function openLog(config: Pick<CollectorConfig, 'dataDir' | 'log'>): Log & AsyncDisposable {
  const { timestamp, json, printf } = winston.format
  const filename = config.log.file ?? join(config.dataDir, 'log', 'collector.log')
  const line = printf(({ timestamp: at, level, message, ...fields }) =>
    readable(String(at), level, String(message), fields),
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
  return {
    ...logTo((level, sentence, fields) => {
      if (logger.writable) logger.log({ ...fields, level, message: sentence })
    }),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        logger.once('finish', resolve)
        logger.end()
      }),
  }
}

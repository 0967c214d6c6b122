import { openLineLog, type Log, type LogLevel } from '#base/log.ts'
import { rotatedFile } from '#base/rotated-file.ts'
import { timeNow, type Clock } from '#shared/vocabulary/clock.ts'

const FILE_BYTES = 5 * 1024 * 1024
const FILES = 4 // × 5 MiB = 20 MiB; the oldest goes, and what its disk does not take is counted in the file

/** The operator's log: to the standard error, which the service manager keeps, and as JSON to a rotated file where one is
 *  named. `say`: one line on the standard error. */
export function openLog(
  { level, file }: { readonly level: LogLevel; readonly file?: string },
  { clock, say }: { readonly clock: Clock; readonly say: (line: string) => void },
): Log {
  const kept = file === undefined ? undefined : rotatedFile(file, { bytes: FILE_BYTES, files: FILES })
  return openLineLog({ level, now: () => timeNow(clock), say, keep: kept && ((line) => void kept.write(line)) })
}

/** A file that is turned over at a size, and so many of it. Winston's own goes silent for ever, and fills the memory, once
 *  its disk was full for a moment; here a line that cannot be written is dropped and counted. */
import { closeSync, constants, lstatSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Writable } from 'node:stream'

/** A link where the file should be leads nowhere: its lines count as lost. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW

/** `bytes` a file, `files` in all: the newest under its name, then `.1` and so on; the oldest goes. Never fails: the first
 *  line that can be written again comes after one that says how many were lost. Writes at once, for the operator's log has
 *  a handful of lines a day. */
export function rotatedFile(file: string, { bytes, files }: { bytes: number; files: number }): Writable {
  let lost = 0
  const turnOver = (): void => {
    for (let number = files - 1; number > 0; number -= 1) {
      const from = number === 1 ? file : `${file}.${number - 1}`
      if (sizeOf(from) !== undefined) renameSync(from, `${file}.${number}`)
    }
  }
  const append = (line: string): void => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    if ((sizeOf(file) ?? 0) + Buffer.byteLength(line) > bytes) turnOver()
    const opened = openSync(file, APPEND, 0o600)
    try {
      writeFileSync(opened, line)
    } finally {
      closeSync(opened)
    }
  }
  return new Writable({
    decodeStrings: false,
    write(line: string, _encoding, done) {
      try {
        // A full disk may have taken half a line: begin another.
        append(lost > 0 ? `\n${JSON.stringify({ level: 'error', message: 'Lines were lost', lost })}\n${line}` : line)
        lost = 0
      } catch {
        lost += 1 // the standard error has the line, and the file says the number later
      }
      done()
    },
  })
}

/** Undefined where there is no such file. */
const sizeOf = (file: string): number | undefined => lstatSync(file, { throwIfNoEntry: false })?.size

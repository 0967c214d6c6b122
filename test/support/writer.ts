/** A process that holds a file open and writes to it when told. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

export interface Writer {
  /** Writes another 1,000 bytes. */
  more: () => void
  /** Closes the file; resolves when that is done. */
  close: () => Promise<void>
}

const SCRIPT = `const fs = require('node:fs'); const file = fs.openSync(process.argv[1], 'w')
process.stdin.on('data', (d) => fs.writeSync(file, 'x'.repeat(1000 * d.length))).on('end', () => fs.closeSync(file))`

export function writerOf(path: string): Writer {
  const child = spawn(process.execPath, ['-e', SCRIPT, path], { stdio: ['pipe', 'inherit', 'inherit'] })
  const exited = once(child, 'exit')
  onTestFinished(() => void child.kill())
  return {
    more: () => void child.stdin.write('\n'),
    close: async () => {
      child.stdin.end()
      await exited
    },
  }
}

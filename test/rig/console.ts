import type { Readable } from 'node:stream'
import { createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'

/** Keeps what the guest's kernel and QEMU say, each line with the milliseconds since the start, for a look afterwards. */
export function keepConsole(file: string, streams: readonly Readable[]): { tail: () => string } {
  const log = createWriteStream(file)
  const startedAt = performance.now()
  const last: string[] = []
  let open = streams.length
  for (const stream of streams) {
    const lines = createInterface({ input: stream })
    lines.on('close', () => void (--open === 0 && log.end()))
    lines.on('line', (line) => {
      const stamped = `${(performance.now() - startedAt).toFixed(0).padStart(7)} ${line.trimEnd()}`
      log.write(`${stamped}\n`)
      last.push(stamped)
      if (last.length > 40) last.shift()
    })
  }
  return { tail: () => last.join('\n') }
}

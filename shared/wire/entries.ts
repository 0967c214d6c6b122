/** The body of an `events` message: a line an entry, an empty line, the checkpoint after the last (docs/protocol.md#events).
 *  An entry is an event, or a tombstone `["<leaf hash>","<reason>"]`: what begins with `[` is a tombstone. */
import { MAX_LINE_BYTES } from '#shared/event/event.ts'
import { leafHash } from '#shared/evidence/merkle.ts'

export type Entry =
  | { readonly leaf: Buffer; readonly line: Buffer; readonly reason?: undefined }
  | { readonly leaf: Buffer; readonly line?: undefined; readonly reason: string }

export const writeTombstone = (leaf: Buffer, reason: string): string => JSON.stringify([leaf.toString('hex'), reason])

export const writeEntries = (entries: readonly string[], checkpoint: string): string =>
  `${entries.join('\n')}\n\n${checkpoint}`

export type ReadEntries =
  | { readonly ok: true; readonly entries: readonly Entry[]; readonly checkpoint: string }
  /** `at`: which entry of the message, from 0. */
  | { readonly ok: false; readonly refusal: 'size' | 'malformed'; readonly at: number; readonly detail: string }

/** Takes the body apart and hashes each line. Says nothing yet of what the lines mean or who signed. */
export function readEntries(body: Buffer, maxEntries: number): ReadEntries {
  const end = body.indexOf('\n\n')
  if (end < 0) return { ok: false, refusal: 'malformed', at: 0, detail: 'no empty line before the checkpoint' }
  const entries: Entry[] = []
  for (let start = 0; start <= end;) {
    const newline = body.indexOf(10, start)
    const line = body.subarray(start, newline)
    const at = entries.length
    if (at >= maxEntries) return { ok: false, refusal: 'size', at, detail: `more than ${maxEntries} entries` }
    if (line.length === 0) return { ok: false, refusal: 'malformed', at, detail: 'an empty entry' }
    if (line.length > MAX_LINE_BYTES)
      return { ok: false, refusal: 'size', at, detail: `a line over ${MAX_LINE_BYTES} bytes` }
    const entry = line[0] === 0x5b ? readTombstone(line) : { leaf: leafHash(line), line }
    if (entry === undefined) return { ok: false, refusal: 'malformed', at, detail: 'a broken tombstone' }
    entries.push(entry)
    start = newline + 1
  }
  return { ok: true, entries, checkpoint: body.toString('utf8', end + 2) }
}

function readTombstone(line: Buffer): Entry | undefined {
  const [, leaf, reason] = /^\["([0-9a-f]{64})","([ !#-[\]-~]{0,64})"\]$/.exec(line.toString('utf8')) ?? []
  return leaf === undefined || reason === undefined ? undefined : { leaf: Buffer.from(leaf, 'hex'), reason }
}

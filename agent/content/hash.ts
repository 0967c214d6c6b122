/** SHA-256 of a file on a medium, without being in the way of those who use it. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import type { Clock } from '#shared/vocabulary/clock.ts'

/** The file that is meant, as it was when it had come to rest. */
export interface Expected {
  readonly sizeBytes: number
  readonly mtimeMs: number
  readonly dev: number
  readonly ino: number
}
export type Hashed = { readonly sha256: string } | { readonly why: 'removed' | 'too-large' | 'unreadable' | 'changed' }

export const MAX_HASHED_BYTES = 512 * 1024 * 1024 // 10 to 30 s of a USB 2 stick; most are still in the page cache: 1 s
const CHUNK_BYTES = 256 * 1024 // about 1 ms of the main thread
// An open descriptor keeps a volume from being unmounted: it is held for a moment and given back for as long.
const HELD_MS = 100

/** Reads the file once, front to back. `changed` where it is no longer what was expected, before or after; `removed`
 *  where it is gone or `signal` aborted. Rejects never. Opened without following a link and without waiting. */
export async function hashFile(
  path: string,
  expected: Expected,
  clock: Clock,
  signal: AbortSignal,
  maxBytes = MAX_HASHED_BYTES,
): Promise<Hashed> {
  if (expected.sizeBytes > maxBytes) return { why: 'too-large' }
  const hash = createHash('sha256')
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, expected.sizeBytes))
  let from = 0
  try {
    for (;;) {
      if (signal.aborted) return { why: 'removed' }
      await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      if (!(await isExpected(file, expected))) return { why: 'changed' }
      const heldUntil = clock.monotonic() + HELD_MS
      while (from < expected.sizeBytes && clock.monotonic() < heldUntil && !signal.aborted) {
        const { bytesRead } = await file.read(chunk, 0, Math.min(CHUNK_BYTES, expected.sizeBytes - from), from)
        if (bytesRead === 0) return { why: 'changed' }
        hash.update(chunk.subarray(0, bytesRead))
        from += bytesRead
      }
      if (from === expected.sizeBytes)
        return (await isExpected(file, expected)) ? { sha256: hash.digest('hex') } : { why: 'changed' }
      await file.close()
      await clock.sleep(HELD_MS, signal)
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (signal.aborted || code === 'ENOENT' || code === 'ENOTDIR') return { why: 'removed' }
    return { why: code === 'ELOOP' ? 'changed' : 'unreadable' } // ELOOP: a link stands where the file was
  }
}

async function isExpected(file: FileHandle, { sizeBytes, mtimeMs, dev, ino }: Expected): Promise<boolean> {
  const now = await file.stat()
  return now.size === sizeBytes && now.mtimeMs === mtimeMs && now.dev === dev && now.ino === ino
}

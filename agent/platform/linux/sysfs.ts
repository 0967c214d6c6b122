/** Small texts of /sys, /proc and /run. Read without blocking the main thread: some of them wait for a device. */
import { open, readdir, realpath, stat } from 'node:fs/promises'

/** What a system call says of a thing that is not, or no longer, there. */
const GONE = new Set(['ENOENT', 'ENODEV', 'ENXIO', 'ENOTDIR', 'EINVAL', 'EIO', 'EACCES', 'EPERM', 'EOPNOTSUPP'])
const isGone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && GONE.has(error.code)

/** Undefined where it is not there or will not be read; anything else (too many open files, for one) is thrown. */
async function ifThere<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

const CHUNK_BYTES = 64 * 1024

async function readStart(path: string, limitBytes: number): Promise<Buffer> {
  await using file = await open(path, 'r')
  const chunks: Buffer[] = []
  for (let left = limitBytes; left > 0;) {
    const chunk = Buffer.alloc(Math.min(left, CHUNK_BYTES))
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null)
    if (bytesRead === 0) break
    chunks.push(chunk.subarray(0, bytesRead))
    left -= bytesRead
  }
  return Buffer.concat(chunks)
}

/** The first `limitBytes` of a file or block device, or what there is. */
export const readBytes = (path: string, limitBytes: number): Promise<Buffer | undefined> =>
  ifThere(readStart(path, limitBytes))

/** One attribute (the kernel gives at most a page), without the blanks about it; undefined where it is absent or empty. */
export async function readAttribute(path: string): Promise<string | undefined> {
  const text = (await readBytes(path, 4096))?.toString('utf8').trim()
  return text === '' ? undefined : text
}

export const listNames = async (path: string): Promise<string[]> => (await ifThere(readdir(path))) ?? []
export const resolved = (path: string): Promise<string | undefined> => ifThere(realpath(path))
export const statOf = (path: string) => ifThere(stat(path, { bigint: true }))

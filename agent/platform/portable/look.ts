/** One look at a path, by `lstat`: follows no link, holds nothing open. */
import type { Stats } from 'node:fs'
import { lstat } from 'node:fs/promises'
import type { Look } from '../files.ts'

/** `gone`: nothing of that name is there, or something that is no regular file. `unreadable`: the system would not say. */
export async function lookAt(path: string): Promise<Look | 'gone' | 'unreadable'> {
  try {
    const stats = await lstat(path)
    return stats.isFile() ? lookOf(stats) : 'gone'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'gone' : 'unreadable'
  }
}

export const lookOf = ({ size: sizeBytes, mtimeMs, ctimeMs, birthtimeMs, dev, ino }: Stats): Look => ({
  sizeBytes,
  mtimeMs,
  ctimeMs,
  birthtimeMs,
  dev,
  ino,
})

/** The device number of the file system that a path is on now; undefined where the system does not say. */
export const deviceNumberOf = (path: string): Promise<number | undefined> =>
  lstat(path).then(
    ({ dev }) => dev,
    () => undefined,
  )

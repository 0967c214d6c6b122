/** A real ext4 file system on a loop device, that stands in for a stick. Needs root. */
import { execFile } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { temporaryFolder } from './temporary-folder.ts'

const run = promisify(execFile)

export interface LoopVolume extends AsyncDisposable {
  readonly mountPoint: string
  /** Mounts it once more, elsewhere. */
  bind: () => Promise<string>
  /** `-l`: from the name space at once, though someone uses it. */
  umount: (...options: string[]) => Promise<void>
}

export async function loopVolume(sizeMib = 64, mountOptions = 'loop'): Promise<LoopVolume> {
  const { path: folder } = temporaryFolder()
  const [image, mountPoint, second] = [join(folder, 'image'), join(folder, 'stick'), join(folder, 'bound')]
  await mkdir(mountPoint)
  await run('truncate', ['-s', `${sizeMib}M`, image])
  await run('mkfs.ext4', ['-q', '-F', '-N', '16384', image])
  await run('mount', ['-o', mountOptions, image, mountPoint])
  return {
    mountPoint,
    bind: async () => {
      await mkdir(second)
      await run('mount', ['--bind', mountPoint, second])
      return second
    },
    umount: async (...options) => void (await run('umount', [...options, mountPoint])),
    [Symbol.asyncDispose]: async () => {
      for (const path of [second, mountPoint]) await run('umount', ['-l', path]).catch(() => undefined) // not mounted any more
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A file system in memory, mounted over a folder. */
export async function mountTmpfs(folder: string): Promise<AsyncDisposable> {
  await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
  return { [Symbol.asyncDispose]: async () => void (await run('umount', ['-l', folder])) }
}

/** A file system of its own, as small as said: for what happens where there is no room. Needs root. */
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from './temporary-folder.ts'

export interface SmallDisk extends Disposable {
  readonly folder: string
  readonly remount: (how: 'ro' | 'rw') => void
  /** Leaves no room on it. */
  readonly fill: () => Promise<void>
  readonly empty: () => void
}

/** Undefined where this user may not mount one. */
export function smallDisk(mib: number): SmallDisk | undefined {
  const { path: folder, remove } = temporaryFolder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    remove()
    return undefined
  }
  const filler = join(folder, 'filler')
  return {
    folder,
    remount: (how) => execFileSync('mount', ['-o', `remount,${how}`, folder]),
    fill: () =>
      writeFile(filler, Buffer.alloc((mib + 1) * 1024 * 1024)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOSPC') throw error
      }),
    empty: () => rmSync(filler),
    [Symbol.dispose]() {
      execFileSync('umount', ['--lazy', folder])
      remove()
    },
  }
}

/** Why tests that need one cannot run. */
export function noSmallDisk(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root may mount a disk'
  const disk = smallDisk(1)
  disk?.[Symbol.dispose]()
  return disk === undefined ? 'no disk can be mounted here' : undefined
}

import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.ts'

/** A stick: an image on the host that a machine can be given by its USB bus, and that can be read here after it was pulled. */
export interface Stick {
  kind: 'stick'
  image: string
  /** What the stick says its serial is; empty: it has none. (Left out altogether, QEMU would make one up.) */
  serial: string
  /** As slow as a bad stick, so that a copy is still under way when it is pulled. */
  writeBytesPerSecond?: number
}
export interface StickContents {
  name: string
  serial: string
  fs: 'vfat' | 'exfat' | 'ext4'
  /** vfat: at most 11 upper-case characters; ext4: at most 16 bytes, any. */
  label: string
  /** vfat only: eight hex digits. A fixed one makes a fixture; left out, the time decides. */
  fsId?: string
  sizeMiB: number
  /** Names of ext4 may hold anything but `/` and NUL. exfat takes none here: no tool writes it unmounted. */
  files?: readonly { name: string; content: string | Uint8Array }[]
  writeBytesPerSecond?: number
}

/** Makes the stick's image in `folder`: a file system on the bare disk, without a partition table, as `mkfs` leaves it. */
export async function makeStick(folder: string, contents: StickContents): Promise<Stick> {
  const { name, serial, fs, label, sizeMiB, files = [], writeBytesPerSecond } = contents
  const image = join(folder, `${name}.img`)
  await writeFile(image, '')
  await truncate(image, sizeMiB * 1024 * 1024)
  const staged = await mkdtemp(join(folder, `${name}-`))
  try {
    await mkdir(join(staged, 'root'))
    for (const file of files) await writeFile(join(staged, 'root', file.name), file.content)
    const paths = files.map((file) => join(staged, 'root', file.name))
    if (fs === 'vfat') {
      await run('mkfs.vfat', ['-n', label, ...(contents.fsId ? ['-i', contents.fsId] : []), image])
      if (paths.length > 0) await run('mcopy', ['-i', image, '-s', ...paths, '::'])
    } else if (fs === 'ext4') {
      // No lazy start: the guest would write to the stick by itself after the first mount.
      await run('mkfs.ext4', [
        '-q',
        '-F',
        '-L',
        label,
        '-E',
        'lazy_itable_init=0,lazy_journal_init=0',
        '-d',
        join(staged, 'root'),
        image,
      ])
    } else {
      if (files.length > 0) throw new Error('an exfat stick is made empty')
      await run('mkfs.exfat', ['-L', label, image])
    }
  } finally {
    await rm(staged, { recursive: true, force: true })
  }
  return { kind: 'stick', image, serial, ...(writeBytesPerSecond ? { writeBytesPerSecond } : {}) }
}

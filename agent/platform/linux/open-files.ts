/** Who has a file open: every descriptor of every process (`/proc/<pid>/fd`). A file that is only mapped into memory
 *  (its descriptor closed, written on through the mapping), or opened by another of its hard links, is not found. */
import { readdirSync, readlinkSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { posix } from 'node:path'
import type { FileId, OpenFiles } from '../files.ts'

// /proc answers from memory, so it is read synchronously (5 times cheaper), in slices that nothing notices.
const SLICE_MS = 5

export function openFilesOfLinux(proc = '/proc'): OpenFiles {
  let holders = new Map<string, string>() // path → the descriptor that had it open last time: asked first, for a long copy
  let sawAll = false
  return async (files) => {
    const found = new Map<string, string>()
    const left: FileId[] = []
    for (const file of files) {
      const holder = holders.get(file.path)
      if (holder !== undefined && (await isFile(holder, file))) found.set(file.path, holder)
      else left.push(file)
    }
    if (left.length > 0 || files.length === 0) sawAll = await walk(proc, left, found)
    holders = found
    return { open: new Set(found.keys()), sawAll }
  }
}

/** The same inode? Asked only where the name agrees: a descriptor on a dead network drive is never touched. */
const isFile = (descriptor: string, { dev, ino }: FileId): Promise<boolean> =>
  stat(descriptor).then(
    (stats) => stats.dev === dev && stats.ino === ino,
    () => false, // closed meanwhile
  )

async function walk(proc: string, files: readonly FileId[], found: Map<string, string>): Promise<boolean> {
  const wanted = Map.groupBy(files, ({ path }) => nameOf(path))
  let sliceEnd = performance.now() + SLICE_MS
  const pids = list(proc)
  let sawAll = pids.includes('1') // not where /proc is missing, or hides the processes of others (hidepid)
  for (const pid of pids) {
    if (!/^[0-9]+$/.test(pid) || Number(pid) === process.pid) continue
    const descriptors = list(`${proc}/${pid}/fd`)
    if (descriptors === denied) sawAll = false
    for (const descriptor of descriptors) {
      if (performance.now() > sliceEnd) {
        await new Promise(setImmediate)
        sliceEnd = performance.now() + SLICE_MS
      }
      const link = `${proc}/${pid}/fd/${descriptor}`
      for (const file of wanted.get(nameOf(targetOf(link))) ?? [])
        if (await isFile(link, file)) found.set(file.path, link)
    }
  }
  return sawAll
}

const denied: readonly string[] = []
function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return code === 'ENOENT' || code === 'ESRCH' ? [] : denied // ended meanwhile; otherwise it would not show them
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return '' // closed meanwhile
  }
}

// vfat may know a file by another case than its listing
const nameOf = (path: string): string => posix.basename(path).toLowerCase()

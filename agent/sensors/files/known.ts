/** What was on a volume before, so that a change can be told from what only looks like one: pure. */
import type { Look } from '#agent/platform/files.ts'

/** vfat keeps modification times to two seconds, rounded down, and `since` is as near as the system can say. */
export const COARSE_MS = 2000

/** Whether a file was created or changed between `since` and `now` (wall clock), by any time that its file system keeps.
 *  ext4: ctime, which nobody can set. vfat: no ctime, but a creation time that `cp -p` leaves alone. vfat times are
 *  local time of whoever wrote them: what was written elsewhere can lie in the future and is not fresh for that. */
export const isFresh = (look: Look, since: number, now: number): boolean =>
  [look.mtimeMs, look.ctimeMs, look.birthtimeMs].some((t) => t >= since - COARSE_MS && t <= now + COARSE_MS)

/** Remembers files by inode and what they hold, at most `max`, the oldest forgotten first. A known file under another
 *  name was renamed or linked, one with a new mode was not written to: neither is a copy. What is forgotten, or has a
 *  new inode number (vfat makes them up), counts as a copy when it is renamed: to tell too much is the safe side. A file
 *  of an earlier mount is known by what it holds and its times alone, and only to a scan: one that comes is looked at. */
export function knownFiles(max: number): KnownFiles {
  const prints = new Map<number, string>()
  let before: ReadonlySet<string> = new Set()
  return {
    has: (look) => prints.get(look.ino) === printOf(look),
    had: (look) => before.has(printOf(look)),
    mounted: () => {
      before = new Set([...before, ...prints.values()].slice(-max))
    },
    add: (look) => {
      prints.delete(look.ino)
      prints.set(look.ino, printOf(look))
      const [oldest] = prints.size > max ? prints.keys() : []
      if (oldest !== undefined) prints.delete(oldest)
    },
  }
}
export interface KnownFiles {
  has: (look: Look) => boolean
  add: (look: Look) => void
  /** Whether such a file was there under an earlier mount. */
  had: (look: Look) => boolean
  /** The file system is mounted once more. */
  mounted: () => void
}

/** What is known of the file systems of all media plugged in, for as long as they are: a file system that is mounted
 *  again, or at a second place, has no new files for that. */
export function knownByStay(max: number) {
  const stays = new Map<string, Map<string, KnownFiles>>()
  return {
    of: (plug: string, device: string): KnownFiles => {
      const devices = stays.get(plug) ?? new Map<string, KnownFiles>()
      const known = devices.get(device) ?? knownFiles(max)
      stays.set(plug, devices.set(device, known))
      known.mounted()
      return known
    },
    forget: (plug: string): void => void stays.delete(plug),
  }
}

/** An inode number is used again at once, so the time of its birth belongs to it; ctime where the system keeps none. */
export const birthOf = (look: Look): number => (look.birthtimeMs > 0 ? look.birthtimeMs : look.ctimeMs)
const printOf = (look: Look): string => `${look.sizeBytes} ${look.mtimeMs} ${birthOf(look)}`

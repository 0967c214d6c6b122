/** What was on a volume before, so that a change can be told from what only looks like one: pure. */
import type { Look } from '#agent/platform/portable/files.ts'

/** vfat keeps modification times to two seconds, rounded down, and `since` is as near as the system can say. */
export const COARSE_MS = 2000

/** Whether a file was created or changed between `since` and `now` (wall clock), by any time that its file system keeps.
 *  ext4: ctime, which nobody can set. vfat: no ctime, but a creation time that `cp -p` leaves alone. vfat times are
 *  local time of whoever wrote them: what was written elsewhere can lie in the future and is not fresh for that. */
export const isFresh = (look: Look, since: number, now: number): boolean =>
  [look.mtimeMs, look.ctimeMs, look.birthtimeMs].some((t) => t >= since - COARSE_MS && t <= now + COARSE_MS)

/** Remembers files by inode and what they hold, at most `max`, the oldest forgotten first. A known file under another
 *  name was renamed or linked, one with a new mode was not written to: neither is a copy. What is forgotten, or has a
 *  new inode number (vfat makes them up), counts as a copy when it is renamed: to tell too much is the safe side. */
export function knownFiles(max: number): Known {
  const prints = new Map<number, string>()
  return {
    has: (look) => prints.get(look.ino) === printOf(look),
    add: (look) => {
      prints.delete(look.ino)
      prints.set(look.ino, printOf(look))
      const [oldest] = prints.size > max ? prints.keys() : []
      if (oldest !== undefined) prints.delete(oldest)
    },
  }
}
export interface Known {
  has: (look: Look) => boolean
  add: (look: Look) => void
}

/** An inode number is used again at once, so the time of its birth belongs to it; ctime where the system keeps none. */
export const birthOf = (look: Look): number => (look.birthtimeMs > 0 ? look.birthtimeMs : look.ctimeMs)
const printOf = (look: Look): string => `${look.sizeBytes} ${look.mtimeMs} ${birthOf(look)}`

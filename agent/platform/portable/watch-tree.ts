/** A tree of folders that is listened to, by chokidar. */
import type { Stats } from 'node:fs'
import { watch, type FSWatcher } from 'chokidar'
import type { FileListener, TreeBounds, Trouble } from '../files.ts'
import { lookOf } from './look.ts'

// Linux queues 16,384 notifications a process (fs.inotify.max_queued_events) and libuv does not say when that overflows.
// A queue that overflowed is read in one turn of the loop: a quarter of it in one turn from one tree (others share the
// queue) is taken for an overflow. Where it was none, the price is a second scan.
const OVERFLOW_IN_ONE_TURN = 4096

/** Listens to all that happens to files below `root`: follows no link, leaves no file system (`device`; any where
 *  undefined), never polls, and holds no descriptor open below it. Hidden files and editors' backups count too. */
export function watchTree(
  root: string,
  device: number | undefined,
  bounds: TreeBounds,
  listener: FileListener,
): AsyncDisposable {
  let paths = 0
  let initial = true
  let tracked: ReadonlySet<string> | undefined // set once the tree is full
  const foreign = (stats?: Stats): boolean => stats !== undefined && device !== undefined && stats.dev !== device
  const watcher = watch([], {
    followSymlinks: false,
    atomic: false, // would leave out dot files and `~`, and hold back deletions
    usePolling: false,
    depth: bounds.maxDepth,
    ignored: (path, stats) => foreign(stats) || (tracked !== undefined && !tracked.has(path)),
  })
  const counted = (): void => {
    if (++paths <= bounds.maxPaths || tracked !== undefined) return
    tracked = pathsOf(watcher)
    listener.trouble({ code: 'too-many' })
  }
  const file = (path: string, stats?: Stats): void => {
    if (stats !== undefined && stats.isFile() && !foreign(stats)) listener.file(path, lookOf(stats), initial)
  }
  const uncounted = (): void => void paths--
  watcher.on('add', (path, stats) => (counted(), file(path, stats)))
  watcher.on('change', file)
  watcher.on('addDir', (path) => {
    counted()
    if (depthBelow(root, path) > bounds.maxDepth) listener.trouble({ code: 'too-deep' })
  })
  watcher.on('unlink', uncounted)
  watcher.on('unlinkDir', uncounted)
  watcher.on('ready', () => ((initial = false), listener.ready()))
  watcher.on('error', (error) => listener.trouble(troubleOf(error)))
  hearOverflow(watcher, () => listener.trouble({ code: 'overflow' }))
  watcher.add(root)
  return { [Symbol.asyncDispose]: () => watcher.close() }
}

function hearOverflow(watcher: FSWatcher, overflowed: () => void): void {
  let inThisTurn = 0
  watcher.on('raw', () => {
    if (++inThisTurn > 1) return
    setImmediate(() => {
      if (inThisTurn >= OVERFLOW_IN_ONE_TURN) overflowed()
      inThisTurn = 0
    })
  })
}

const pathsOf = (watcher: FSWatcher): ReadonlySet<string> =>
  new Set(
    Object.entries(watcher.getWatched()).flatMap(([folder, names]) => [folder, ...names.map((n) => `${folder}/${n}`)]),
  )

const depthBelow = (root: string, path: string): number => path.slice(root.length).split('/').length - 1

function troubleOf(error: unknown): Trouble {
  const code = codeOf(error)
  const detail = error instanceof Error ? error.message : String(error)
  return { code: ['ENOSPC', 'EMFILE', 'ENFILE'].includes(code) ? 'watch-limit' : 'unreadable', detail }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

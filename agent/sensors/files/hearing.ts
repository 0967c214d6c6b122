/** What is heard of one volume, and what is not. It is watched anew, and scanned against what is known, when something
 *  may have been missed. */
import type { Look, TreeBounds, Trouble, VolumeFiles } from '#agent/platform/files.ts'
import type { Fact } from '#agent/sensors/sensor.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { Heard } from './copies.ts'
import type { Troubles } from './coverage.ts'

export const TREE_BOUNDS: TreeBounds = {
  maxPaths: 200_000, // × 300 bytes here and in chokidar = 60 MB; one inotify watch a folder
  maxDepth: 256,
}
/** Quiet for so long after a burst: time to look what was missed in it. */
const QUIET_MS = 500

export interface HearingDependencies {
  clock: Clock
  bounds: TreeBounds
  /** `scan`: when the scan began that came upon the file (wall clock); undefined when it was heard. */
  file: (path: string, look: Look, scan: number | undefined) => Heard
  tell: (fact: Fact) => void
  /** Something is to be looked at, or the troubles are others. */
  stirred: () => void
  failed: (error: unknown) => void
}

export interface Hearing {
  readonly troubles: Troubles
  /** Something may have been missed: `catchUp` is due. */
  readonly behind: boolean
  /** Scans once more; waits for another call while it is not quiet, or still scanning. */
  catchUp: () => void
  /** Hears nothing from the call on; resolves when no watch is left. Harmless twice. */
  close: () => Promise<void>
}

/** `root`: its mount point. */
export function hear(root: string, files: Pick<VolumeFiles, 'watch'>, deps: HearingDependencies): Hearing {
  const { clock, stirred } = deps
  const troubles = new Map<Trouble['code'], { count: number; detail: string }>()
  const open = new Set<AsyncDisposable>()
  let closing = Promise.resolve()
  let closed = false
  let scanning = false
  let behind = false
  let heardAt = clock.monotonic()

  const close = (trees: Iterable<AsyncDisposable>): Promise<void> => {
    const ends = [...trees].map(async (tree) => (open.delete(tree), tree[Symbol.asyncDispose]()))
    return (closing = Promise.all([closing, ...ends]).then(() => undefined))
  }
  const gap = (reason: 'files-unseen' | 'notifications-lost', count?: number): void => {
    const detail = { reason, source: `files ${root}`.slice(0, 512), ...(count === undefined ? {} : { count }) }
    deps.tell({ kind: 'agent.gap', found: 'live', subject: {}, detail })
  }
  const troubled = (trouble: Trouble): void => {
    if (trouble.code === 'overflow') behind = true
    const before = troubles.get(trouble.code)
    if (trouble.code === 'too-many' && before === undefined) gap('files-unseen')
    const detail = before?.detail ?? ('detail' in trouble ? trouble.detail : root)
    troubles.set(trouble.code, { count: (before?.count ?? 0) + 1, detail })
    stirred()
  }
  const scan = (isFirst: boolean): void => {
    const began = clock.wall()
    const old = [...open]
    let missed = 0
    scanning = true
    const file = (path: string, look: Look, initial: boolean): void => {
      heardAt = clock.monotonic()
      const heard = deps.file(path, look, initial ? began : undefined)
      if (heard === 'no-room') troubled({ code: 'overflow' })
      if (heard === 'begun' && initial) missed++
      stirred()
    }
    const ready = (): void => {
      scanning = false
      close(old).catch(deps.failed)
      if (!isFirst && missed > 0) gap('notifications-lost', missed)
      if (!behind) troubles.delete('overflow')
      stirred()
    }
    const guarded = safely(() => closed, deps.failed)
    const listener = { file: guarded(file), ready: guarded(ready), trouble: guarded(troubled) }
    open.add(files.watch(deps.bounds, listener))
  }
  scan(true)
  return {
    troubles,
    get behind() {
      return behind
    },
    catchUp: () => {
      if (closed || scanning || clock.monotonic() - heardAt < QUIET_MS) return
      behind = false
      scan(false)
    },
    close: () => {
      if (!closed && behind) gap('files-unseen')
      closed = true
      return close(open)
    },
  }
}

/** A listener that does nothing once it is over, and whose errors end the sensor rather than the process. */
const safely =
  (isOver: () => boolean, failed: (error: unknown) => void) =>
  <A extends unknown[]>(act: (...args: A) => void) =>
  (...args: A): void => {
    if (isOver()) return
    try {
      act(...args)
    } catch (error) {
      failed(error)
    }
  }

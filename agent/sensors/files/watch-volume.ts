/** One mounted volume, heard and looked at until it goes, and the copies under way on it. */
import type { OpenFiles } from '#agent/platform/linux/open-files.ts'
import { deviceOf } from '#agent/platform/portable/files.ts'
import { copiesOf, type Copies, type CopiesDependencies, type Reason } from './copies.ts'
import type { Troubles } from './coverage.ts'
import { hear, type Hearing, type HearingDependencies } from './hearing.ts'
import type { Place } from './tell.ts'

export type VolumeDependencies = Omit<CopiesDependencies, 'place'> &
  Omit<HearingDependencies, 'file'> & { openFiles: OpenFiles }

export interface WatchedVolume {
  /** As the media table says it now. */
  place: Place
  readonly copies: Copies
  /** Aborts when the volume goes: what reads from it must let go. */
  readonly gone: AbortSignal
  readonly troubles: Troubles
  readonly behind: boolean
  catchUp: () => void
  /** False once another file system, or none, is where this one was, or its device was pulled, even before the media
   *  table says so. */
  isThere: () => Promise<boolean>
  /** Lets go of the volume, which was unmounted. What its writer has closed is told as copied, unless the device was
   *  pulled; what else was under way is not told yet. */
  leave: () => Promise<void>
  /** Freezes, and tells what was under way and why it ended. Resolves when nothing of the volume is held any more. */
  end: (reason: Reason) => Promise<void>
}

export function watchVolume(first: Place, deps: VolumeDependencies): WatchedVolume {
  const root = first.volume.mountPoint
  const gone = new AbortController()
  let place = first
  let device: number | undefined
  let hasNode = false
  let hearing: Hearing | undefined
  let troubles: Troubles = new Map()
  // A volume whose device was pulled stays mounted and answers; its node in /dev goes at once.
  const isNodeThere = async (): Promise<boolean> => (await deviceOf(first.volume.device)) !== undefined
  const copies = copiesOf({ ...deps, place: () => place })
  const listen = async (): Promise<void> => {
    device = await deviceOf(root)
    hasNode = await isNodeThere()
    if (gone.signal.aborted) return
    if (device === undefined) {
      troubles = new Map([['unreadable', { count: 1, detail: `${root} cannot be looked at` }]])
      return deps.stirred()
    }
    const stayOn = first.volume.fs === 'btrfs' ? undefined : device // each of its subvolumes has a device of its own
    hearing = hear(root, stayOn, { ...deps, file: copies.heard })
    troubles = hearing.troubles
  }
  const listening = listen().catch(deps.failed)
  const freeze = (): Promise<void> => {
    gone.abort()
    return hearing?.close() ?? listening
  }
  const leave = async (): Promise<void> => {
    const frozen = freeze()
    const left = copies.due(Infinity)
    if (left.length === 0 || !hasNode) return frozen
    const ids = left.map(({ path, state }) => ({ path, dev: state.look.dev, ino: state.look.ino }))
    const { open, sawAll } = await deps.openFiles(ids)
    if (!sawAll || !(await isNodeThere())) return frozen
    for (const { path } of left) copies.looked(path, { type: 'left', open: open.has(path) ? 'open' : 'closed' })
    return frozen
  }
  return {
    get place() {
      return place
    },
    set place(now) {
      place = now
    },
    copies,
    gone: gone.signal,
    get troubles() {
      return troubles
    },
    get behind() {
      return hearing?.behind ?? false
    },
    catchUp: () => hearing?.catchUp(),
    isThere: async () => (await deviceOf(root)) === device && (!hasNode || (await isNodeThere())),
    leave,
    end: (reason) => {
      const frozen = freeze()
      copies.end(reason)
      return frozen
    },
  }
}

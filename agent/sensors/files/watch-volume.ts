/** One mounted volume, heard and looked at until it goes, and the copies under way on it. */
import type { FileSource, VolumeFiles } from '#agent/platform/files.ts'
import { copiesOf, type Copies, type CopiesDependencies, type InterruptReason } from './copies.ts'
import type { Troubles } from './coverage.ts'
import { hear, type Hearing, type HearingDependencies } from './hearing.ts'
import type { CopyPlace } from './tell.ts'

export type VolumeDependencies = Omit<CopiesDependencies, 'place'> &
  Omit<HearingDependencies, 'file'> & { files: FileSource }

export interface WatchedVolume extends Pick<VolumeFiles, 'look' | 'isThere'> {
  /** As the media table says it now. */
  place: CopyPlace
  readonly copies: Copies
  /** Aborts when the volume goes: what reads from it must let go. */
  readonly gone: AbortSignal
  readonly troubles: Troubles
  readonly behind: boolean
  catchUp: () => void
  /** Lets go of the volume, which was unmounted. What its writer has closed is told as copied, unless the device was
   *  pulled; what else was under way is not told yet. */
  leave: () => Promise<void>
  /** Freezes, and tells what was under way and why it ended. Resolves when nothing of the volume is held any more. */
  end: (reason: InterruptReason) => Promise<void>
}

export function watchVolume(first: CopyPlace, deps: VolumeDependencies): WatchedVolume {
  const root = first.volume.mountPoint
  const gone = new AbortController()
  let place = first
  let files: VolumeFiles | undefined
  let hearing: Hearing | undefined
  let troubles: Troubles = new Map()
  const copies = copiesOf({ ...deps, place: () => place })
  const listen = async (): Promise<void> => {
    files = await deps.files.open(first.volume)
    if (gone.signal.aborted) return
    if (files === undefined) {
      troubles = new Map([['unreadable', { count: 1, detail: `${root} cannot be looked at` }]])
      return deps.stirred()
    }
    hearing = hear(root, files, { ...deps, file: copies.heard })
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
    if (left.length === 0 || files === undefined) return frozen
    const ids = left.map(({ path, state }) => ({ path, dev: state.look.dev, ino: state.look.ino }))
    const { open, sawAll } = await deps.files.openFiles(ids)
    if (!sawAll || !(await files.isPlugged())) return frozen
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
    look: async (path) => files?.look(path) ?? 'unreadable',
    isThere: async () => files?.isThere() ?? false,
    leave,
    end: (reason) => {
      const frozen = freeze()
      copies.end(reason)
      return frozen
    },
  }
}

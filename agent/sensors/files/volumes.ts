/** Which volumes are watched: those that the media table says are mounted and can be written to. */
import type { MediaChange } from '#agent/media/signal.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { InterruptReason } from './copies.ts'
import type { CopyPlace } from './tell.ts'
import type { WatchedVolume } from './watch-volume.ts'

/** A plain pull unmounts and then removes: so long an unmount waits to learn that it was one. */
const REMOVAL_GRACE_MS = 500

export interface VolumesDependencies {
  open: (place: CopyPlace) => WatchedVolume
  clock: Clock
  failed: (error: unknown) => void
  signal: AbortSignal
}

export interface Volumes {
  /** Those mounted now. */
  all: () => readonly WatchedVolume[]
  onChange: (change: MediaChange) => void
  /** Ends them all; resolves when nothing is held any more. */
  end: () => Promise<void>
}

export function volumesOf({ open, clock, failed, signal }: VolumesDependencies): Volumes {
  const mounted = new Map<string, WatchedVolume>() // by mount point: a volume mounted twice is watched twice
  const leaving = new Set<WatchedVolume>() // unmounted, and not yet known whether pulled
  const ends = new Set<Promise<void>>()

  const end = (volume: WatchedVolume, reason: InterruptReason): void => {
    leaving.delete(volume)
    const ending = volume.end(reason).catch(failed)
    ends.add(ending)
    void ending.then(() => ends.delete(ending))
  }
  const leave = (volume: WatchedVolume): void => {
    mounted.delete(volume.place.volume.mountPoint)
    leaving.add(volume)
    const unlessPulled = (): void => (leaving.has(volume) ? end(volume, 'unmounted') : undefined)
    Promise.all([clock.sleep(REMOVAL_GRACE_MS, signal), volume.leave()])
      .then(unlessPulled)
      .catch(failed)
  }
  const mount = (place: CopyPlace): void => {
    const before = mounted.get(place.volume.mountPoint)
    if (before?.place.plugged.plug === place.plugged.plug) {
      before.place = place // remounted: read-only too, for then its copies under way are still to be told
      return
    }
    if (place.volume.readOnly) return // nothing can be copied onto it
    if (before !== undefined) leave(before) // something is mounted over it
    mounted.set(place.volume.mountPoint, open(place))
  }
  return {
    all: () => [...mounted.values()],
    onChange: (change) => {
      const { plugged } = change
      const ofIt = [...mounted.values(), ...leaving].filter(({ place }) => place.plugged.plug === plugged.plug)
      for (const volume of ofIt) volume.place = { ...volume.place, plugged } // its identity may have sharpened
      if ('volume' in change) {
        const { volume } = change
        if (change.type !== 'unmounted') return mount({ plugged, volume })
        const watched = ofIt.find((one) => one === mounted.get(volume.mountPoint))
        return watched === undefined ? undefined : leave(watched)
      }
      if (change.type === 'connected') return
      for (const volume of ofIt) {
        mounted.delete(volume.place.volume.mountPoint)
        end(volume, 'removed')
      }
    },
    end: async () => {
      for (const volume of leaving) end(volume, 'unmounted')
      for (const volume of mounted.values()) end(volume, 'agent-stopped')
      mounted.clear()
      await Promise.all(ends)
    },
  }
}

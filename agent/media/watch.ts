/** The one table of media, fed by `platform/` and by what config declares. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import { plugOf } from './plug.ts'
import type {
  MediaChange,
  MediaFound,
  MediaHealth,
  MediaSight,
  MediaSignal,
  MediaSource,
  MediaTable,
  SeenMedium,
} from './signal.ts'
import { emptyMedia, presentMedia, stepMedia } from './table.ts'

const RETRY_MS = 5_000

export interface DeclaredMedium {
  /** Absolute. */
  path: string
  label?: string
}

export interface MediaOptions {
  declared: readonly DeclaredMedium[]
  /** The name of this computer. */
  host: string
  boot: string
}

export interface MediaDependencies {
  source: MediaSource
  clock: Clock
}

/** Watches from now on, and again 5 s after its source failed; disposing it ends the watching. */
export function watchMedia(options: MediaOptions, { source, clock }: MediaDependencies): MediaTable & AsyncDisposable {
  const declared = options.declared.map((medium) => asMedium(medium, options, clock.wall()))
  const listeners = new Set<(change: MediaChange, found: MediaFound) => void>()
  const healths = new Set<MediaHealth>()
  const stop = new AbortController()
  let [table] = stepMedia(emptyMedia, { type: 'state', found: 'present', media: declared })
  let sight: MediaSight | undefined
  let looked = false

  function hear(signal: MediaSignal): void {
    const whole = signal.type === 'state' ? { ...signal, media: [...declared, ...signal.media] } : signal
    const [after, changes] = stepMedia(table, whole)
    table = after
    const found = signal.type === 'state' ? signal.found : 'live'
    for (const change of changes) for (const tell of listeners) tell(change, found)
    if (signal.type !== 'state') return
    looked = true
    for (const health of healths) health.looked?.()
  }
  function cover(now: MediaSight): void {
    sight = now
    for (const health of healths) health.cover(now)
  }
  function lost(what: string): void {
    for (const health of healths) health.lost(what)
  }

  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      const why = await source.watch({ hear, lost, cover }, stop.signal).then(
        () => 'it ended unasked',
        (error: unknown) => String(error),
      )
      if (stop.signal.aborted) return
      cover({ state: 'unavailable', code: 'media.failed', text: `Media are not watched, tried again in 5 s: ${why}.` })
      await clock.sleep(RETRY_MS, stop.signal)
    }
  }
  const watching = watch()

  return {
    subscribe(listener, health) {
      listeners.add(listener)
      for (const change of presentMedia(table)) listener(change, 'present')
      if (health !== undefined) {
        healths.add(health)
        if (sight !== undefined) health.cover(sight)
        if (looked) health.looked?.()
      }
      return () => {
        listeners.delete(listener)
        if (health !== undefined) healths.delete(health)
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await watching
    },
  }
}

/** A folder that config calls a medium: always there, one stay a boot. */
function asMedium({ path, label }: DeclaredMedium, { host, boot }: MediaOptions, since: number): SeenMedium {
  const volume = { device: path, fs: 'folder', readOnly: false, mountPoint: path }
  const medium = { key: `folder:${host}:${path}`.slice(0, 512), ...(label === undefined ? {} : { label }) }
  return {
    plug: plugOf(boot, path),
    medium,
    bus: 'declared',
    path: path.slice(0, 512),
    since,
    mounts: [{ id: 'declared', volume }],
  }
}

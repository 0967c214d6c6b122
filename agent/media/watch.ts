/** The one table of media, fed by `platform/` and by what config declares. */
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { MediaSource, MediaTable } from './signal.ts'

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

/** Watches from now on; disposing it ends the watching. */
export declare function watchMedia(
  options: MediaOptions,
  dependencies: { source: MediaSource; clock: Clock },
): MediaTable & AsyncDisposable

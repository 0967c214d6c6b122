/** The one door to the operating system: each source the best that this machine offers. */
import type { MediaSource } from '#agent/media/signal.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { LinkSource } from './links.ts'

export interface Platform {
  media: MediaSource
  links: LinkSource
  /** The UUID of this boot of the machine. */
  boot: () => string
}

export interface PlatformDependencies {
  clock: Clock
}

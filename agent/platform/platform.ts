/** The one door to the operating system: each source the best that this machine offers. */
import type { MediaSource } from '#agent/media/signal.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { LinkSource } from './links.ts'
import { openLinux } from './linux/linux.ts'
import { portableLinks } from './portable/links.ts'
import { portableMedia } from './portable/usb.ts'
import { portableBoot } from './portable/boot.ts'

export interface Platform {
  media: MediaSource
  links: LinkSource
  /** The UUID of this boot of the machine. */
  boot: () => string
}

export interface PlatformDependencies {
  clock: Clock
}

/** Opens no source yet: each opens when it is watched. */
export async function openPlatform(dependencies: PlatformDependencies): Promise<Platform & AsyncDisposable> {
  if (process.platform === 'linux') return openLinux(dependencies)
  const boot = portableBoot(dependencies.clock.wall)
  return {
    media: portableMedia({ boot }, dependencies),
    links: portableLinks(dependencies),
    boot: () => boot,
    async [Symbol.asyncDispose]() {},
  }
}

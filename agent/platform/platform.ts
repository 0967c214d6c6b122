/** The one door to the operating system: each source the best that this machine offers. */
import type { MediaSource } from '#agent/media/signal.ts'
import { systemClock, type Clock } from '#shared/vocabulary/clock.ts'
import type { Machine, Passport } from '#shared/wire/enrolment.ts'
import type { FileSource } from './files.ts'
import type { LinkSource } from './links.ts'
import { linuxClock } from './linux/clock.ts'
import { giveMemoryBack } from './linux/give-back.ts'
import { openLinux } from './linux/linux.ts'
import { childEntry } from './portable/child-entry.ts'
import { openFilesUnknown, portableFiles } from './portable/files.ts'
import { passportBy } from './portable/passport.ts'
import { portableLinks } from './portable/links.ts'
import { portableMedia } from './portable/usb.ts'
import { portableBoot } from './portable/boot.ts'
import { thisHost } from './portable/host.ts'

export interface Platform {
  media: MediaSource
  links: LinkSource
  files: FileSource
  /** The UUID of this boot of the machine. */
  boot: () => string
  /** The name of this computer, and what it runs on, for people. */
  host: { name: string; system: string }
  /** Two readings of the machine that an identity belongs to, as far as they are known. Never rejects. */
  machine: () => Promise<Machine>
  /** What the hardware says of itself, as far as it can be read within a time limit. Never rejects. */
  passport: (signal?: AbortSignal) => Promise<Passport>
}

/** The clock of an agent: monotonic time goes on while the machine is suspended (docs/protocol.md#time). */
export const machineClock = (): Clock => (process.platform === 'linux' ? linuxClock() : systemClock)

/** Gives the memory back that only starting needed; about 50 ms. Nothing where the system has no such call. */
export const giveBackMemory = (): void => (process.platform === 'linux' ? giveMemoryBack() : undefined)

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
    files: portableFiles(openFilesUnknown),
    boot: () => boot,
    host: thisHost(),
    machine: () => Promise.resolve({}), // nothing here tells a built-in card's own address
    passport: passportBy({ entry: childEntry('passport-child') }, dependencies.clock),
    async [Symbol.asyncDispose]() {},
  }
}

/** Linux: kernel descriptors behind one poll(2), and sysfs. */
import { readFileSync } from 'node:fs'
import type { Clock } from '#shared/vocabulary/clock.ts'
import type { LinkSource } from '../links.ts'
import type { Platform } from '../platform.ts'
import { thisHost } from '../portable/host.ts'
import { childEntry } from '../portable/child-entry.ts'
import { portableFiles } from '../portable/files.ts'
import { portableLinks } from '../portable/links.ts'
import { passportBy } from '../portable/passport.ts'
import { openDescriptors } from './descriptors.ts'
import { openLibc } from './libc.ts'
import { linuxLinks } from './links.ts'
import { machineOf } from './machine.ts'
import { linuxMedia } from './media.ts'
import { openFilesOfLinux } from './open-files.ts'
import { routeSocket } from './rtnetlink.ts'

/** Throws where the C library cannot be reached. */
export function openLinux({ clock }: { clock: Clock }): Platform & AsyncDisposable {
  const libc = openLibc()
  const descriptors = openDescriptors(libc)
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  const dependencies = { libc, descriptors, clock }
  return {
    media: linuxMedia({ boot }, dependencies),
    links: firstThatOpens(linuxLinks({ boot }, dependencies), portableLinks({ clock }), () =>
      libc.openNetlink(...routeSocket, 4096).close(),
    ),
    boot: () => boot,
    files: portableFiles(openFilesOfLinux()),
    host: thisHost(),
    machine: () => machineOf('', libc),
    passport: passportBy({ entry: childEntry('passport-child') }, clock),
    [Symbol.asyncDispose]: () => descriptors[Symbol.asyncDispose](),
  }
}

/** A sandbox may give no netlink. */
const firstThatOpens = (best: LinkSource, other: LinkSource, probe: () => void): LinkSource => ({
  watch(listener, signal) {
    try {
      probe()
    } catch {
      return other.watch(listener, signal)
    }
    return best.watch(listener, signal)
  },
})

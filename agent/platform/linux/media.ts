/** Media, as the kernel's announcements and the table of mounts tell that something changed, and as a look at sysfs then
 *  tells what. Every look gives the whole truth, so nothing that was missed stays missed. */
import { closeSync, openSync } from 'node:fs'
import type { MediaListener, MediaSource } from '#agent/media/signal.ts'
import { every } from '../every.ts'
import { usbStorageInventory } from '../portable/usb.ts'
import { POLLIN, POLLPRI, type Libc, type Netlink } from './libc.ts'
import type { LinuxDependencies } from './links.ts'
import { mediaLooker, type MediaLook } from './look-at-media.ts'
import { lookWhenAsked, type Looking } from './look-when-asked.ts'
import { mediaFaults, type MediaFaults } from './media-faults.ts'
import { passingMedia, type PassingMedia } from './passing-media.ts'
import { parseUevent, ueventSocket } from './uevent.ts'
import { unseenUsb } from './unseen-usb.ts'

const INVENTORY_MS = 30_000
/** Where the kernel announces nothing. */
const LOOKING_MS = 5_000
const STUCK_MS = 10_000
const MESSAGES_A_TURN = 256 // × at most 8 KiB; the rest waits in the socket

export interface LinuxMediaOptions {
  boot: string
}

export function linuxMedia({ boot }: LinuxMediaOptions, { libc, descriptors, clock }: LinuxDependencies): MediaSource {
  return {
    async watch(listener, signal) {
      const ended = new AbortController()
      const until = AbortSignal.any([signal, ended.signal])
      const faults = mediaFaults(listener.cover)
      const passing = passingMedia({ boot, wall: clock.wall })
      const tell = teller(listener, passing, faults)
      const looking = lookWhenAsked(mediaLooker({ root: '', boot, wall: clock.wall }), tell, clock.monotonic, until)
      const uevents = openUevents(libc, faults)
      const mounts = openSync('/proc/self/mountinfo', 'r')
      const inventory = (): void => {
        const stuck = looking.takesMs() > STUCK_MS
        faults.set('media.stuck', stuck ? 'A device does not answer: media cannot be looked at.' : undefined)
        if (stuck) faults.report()
        looking.ask('time')
      }
      const parts = [
        looking.run(),
        descriptors.watch(mounts, POLLPRI, () => looking.ask('live'), until).finally(() => closeSync(mounts)),
        every(uevents === undefined ? LOOKING_MS : INVENTORY_MS, clock, until, inventory),
      ]
      if (uevents !== undefined) {
        const read = (): void => drain(uevents, passing, looking, listener)
        parts.push(descriptors.watch(uevents.fd, POLLIN, read, until).finally(uevents.close))
      }
      try {
        await Promise.race(parts)
      } finally {
        ended.abort()
        await Promise.allSettled(parts)
      }
    },
  }
}

function openUevents(libc: Libc, faults: MediaFaults): Netlink | undefined {
  try {
    return libc.openNetlink(...ueventSocket)
  } catch (error) {
    faults.set('media.looking', `The kernel announces no devices (${String(error)}): they are looked for every 5 s.`)
    return undefined
  }
}

function drain(uevents: Netlink, passing: PassingMedia, looking: Looking, listener: MediaListener): void {
  for (let i = 0; i < MESSAGES_A_TURN; i++) {
    const received = uevents.receive()
    if (received.outcome === 'empty') return
    if (received.outcome === 'lost') {
      if (looking.wanted() !== 'lost') listener.lost('kernel-uevents')
      looking.ask('lost')
      continue
    }
    const uevent = parseUevent(received.bytes)
    const subsystem = uevent?.values.get('SUBSYSTEM')
    if (uevent === undefined || (subsystem !== 'usb' && subsystem !== 'block')) continue
    passing.announce(uevent)
    looking.ask('live')
  }
}

function teller(listener: MediaListener, passing: PassingMedia, faults: MediaFaults) {
  const unseen = unseenUsb(usbStorageInventory)
  return async (
    { media, usb, mountsCut }: MediaLook,
    found: 'present' | 'live' | 'reconciled',
    heard: boolean,
  ): Promise<void> => {
    for (const medium of passing.missed(usb)) listener.hear({ type: 'passed', medium })
    listener.hear({ type: 'state', found, media })
    faults.set('media.stuck', undefined)
    faults.set('media.too-many-mounts', mountsCut ? 'More than 16 MiB of mounts: the last are not watched.' : undefined)
    if (!heard) await unseen(usb, faults)
    faults.report()
  }
}

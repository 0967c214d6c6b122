/** Sticks that came and went before anyone could look: all that is left of them is what the kernel announced. */
import { plugOf } from '#agent/media/plug.ts'
import type { SeenMedium } from '#agent/media/signal.ts'
import type { Uevent } from './uevent.ts'
import type { UsbStorage } from './usb-storage.ts'

const STORAGE_CLASS = 8
const MAX_ANNOUNCED = 256 // some 300 bytes each, and each is gone with the next look; at it the oldest are forgotten

interface Announced {
  path: string
  sequence: string
  vid: string
  pid: string
  interfaces: string[]
  /** Its number on the bus, once it was removed. */
  removed: number | undefined
}

export interface PassingMedia {
  announce: (uevent: Uevent) => void
  /** After a look that began after all that was announced so far: what came, went, and was never seen. */
  missed: (seen: readonly Pick<UsbStorage, 'path' | 'address'>[]) => SeenMedium[]
}

export function passingMedia({ boot, wall }: { boot: string; wall: () => number }): PassingMedia {
  /** By path below /sys, in order; several where one place saw several. */
  let announced: Announced[] = []

  function add({ devpath, values }: Uevent): void {
    const numbers = values.get('INTERFACE')?.split('/').map(Number) // class, subclass, protocol, decimal
    const [vid, pid] = values.get('PRODUCT')?.split('/') ?? []
    const path = `/sys${devpath.slice(0, devpath.lastIndexOf('/'))}`
    if (numbers?.[0] !== STORAGE_CLASS || numbers.some((n) => !(n >= 0 && n < 256)) || !isId(vid) || !isId(pid)) return
    const triple = numbers.map((n) => n.toString(16).padStart(2, '0')).join('')
    if (triple.length !== 6) return
    const before = announced.find((entry) => entry.path === path && entry.removed === undefined)
    if (before !== undefined) return void before.interfaces.push(triple)
    const sequence = values.get('SEQNUM') ?? ''
    const id = { vid: vid.padStart(4, '0'), pid: pid.padStart(4, '0') }
    const entry = { path, sequence, ...id, interfaces: [triple], removed: undefined }
    announced = [...announced.slice(1 - MAX_ANNOUNCED), entry]
  }

  function asMedium({ path, sequence, vid, pid, interfaces }: Announced): SeenMedium {
    const plug = plugOf(boot, path, 'announced', sequence)
    return { plug, medium: { key: `plug:${plug}`, vid, pid }, bus: 'usb', interfaces, path, since: wall(), mounts: [] }
  }

  return {
    announce(uevent) {
      const { action, devpath, values } = uevent
      if (action === 'add' && values.get('DEVTYPE') === 'usb_interface') add(uevent)
      if (action !== 'remove' || values.get('DEVTYPE') !== 'usb_device') return
      for (const entry of announced)
        if (entry.path === `/sys${devpath}`) entry.removed ??= Number(values.get('DEVNUM') ?? 0)
    },
    missed(seen) {
      // What is seen in the same place may be the next stay already: then it has another number.
      const wasSeen = (entry: Announced): boolean =>
        seen.some(({ path, address }) => path === entry.path && (entry.removed ?? address) === address)
      const unseen = announced.filter((entry) => !wasSeen(entry))
      announced = unseen.filter(({ removed }) => removed === undefined)
      return unseen.filter(({ removed }) => removed !== undefined).map(asMedium)
    },
  }
}

const isId = (text: string | undefined): text is string => text !== undefined && /^[0-9a-f]{1,4}$/.test(text)

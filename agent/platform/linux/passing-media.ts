/** Sticks that came and went before anyone could look: all that is left of them is what the kernel announced. */
import { plugOf } from '#agent/media/plug.ts'
import type { SeenMedium } from '#agent/media/signal.ts'
import type { Uevent } from './uevent.ts'
import type { UsbStorage } from './usb-storage.ts'

const STORAGE_CLASS = 8
const MAX_ANNOUNCED = 256 // some 300 bytes each; at it the oldest are forgotten: an inventory still finds what stays

/** A USB device that came, in the kernel's words. */
interface Announced {
  path: string
  /** Its number on the bus. */
  address: number
  sequence: string
  product: string
  /** Its storage interfaces alone. */
  interfaces: string[]
  removed: boolean
}

export interface PassingMedia {
  announce: (uevent: Uevent) => void
  /** After a look: what came, went, and was never seen. */
  missed: (seen: readonly Pick<UsbStorage, 'path' | 'address'>[]) => SeenMedium[]
}

export function passingMedia({ boot, wall }: { boot: string; wall: () => number }): PassingMedia {
  let announced: Announced[] = []

  function announceDevice({ action, devpath, values }: Uevent): void {
    const path = `/sys${devpath}`
    const address = Number(values.get('DEVNUM') ?? 0)
    const [sequence, product] = [values.get('SEQNUM') ?? '', values.get('PRODUCT') ?? '']
    if (action === 'add') {
      const entry = { path, address, sequence, product, interfaces: [], removed: false }
      announced = [...announced.slice(1 - MAX_ANNOUNCED), entry]
    }
    if (action === 'remove') for (const entry of announced) if (entry.path === path) entry.removed = true
  }

  function announceInterface({ action, devpath, values }: Uevent): void {
    const path = `/sys${devpath.slice(0, devpath.lastIndexOf('/'))}`
    const entry = announced.findLast((each) => each.path === path && !each.removed)
    const triple = tripleOf(values.get('INTERFACE') ?? '')
    if (action === 'add' && triple !== undefined && entry !== undefined && entry.interfaces.length < 32)
      entry.interfaces.push(triple)
  }

  function asMedium({ path, sequence, product, interfaces }: Announced): SeenMedium {
    const plug = plugOf(boot, path, 'announced', sequence)
    const [vid, pid] = product.split('/').map((id) => id.padStart(4, '0'))
    const medium: SeenMedium['medium'] = { key: `plug:${plug}` }
    if (isId(vid)) medium.vid = vid
    if (isId(pid)) medium.pid = pid
    return { plug, medium, bus: 'usb', interfaces, path, since: wall(), mounts: [] }
  }

  return {
    announce(uevent) {
      const type = uevent.values.get('DEVTYPE')
      if (type === 'usb_device') announceDevice(uevent)
      if (type === 'usb_interface') announceInterface(uevent)
    },
    missed(seen) {
      const unseen = announced.filter(
        (entry) => !seen.some(({ path, address }) => path === entry.path && address === entry.address),
      )
      announced = unseen.filter(({ removed }) => !removed)
      return unseen.filter(({ removed, interfaces }) => removed && interfaces.length > 0).map(asMedium)
    },
  }
}

/** `8/6/80`, decimal, as `080650`; undefined where it is no storage. */
function tripleOf(text: string): string | undefined {
  const numbers = text.split('/').map(Number)
  const isTriple = numbers.length === 3 && numbers.every((n) => Number.isInteger(n) && n >= 0 && n < 256)
  return isTriple && numbers[0] === STORAGE_CLASS
    ? numbers.map((n) => n.toString(16).padStart(2, '0')).join('')
    : undefined
}

const isId = (text: string | undefined): text is string => text !== undefined && /^[0-9a-f]{4}$/.test(text)

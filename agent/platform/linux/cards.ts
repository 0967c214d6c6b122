/** What names the hardware of a network interface, alike under every name that it gets: read from sysfs once, when its
 *  number appears. */
import { readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { plugOf } from '#agent/media/plug.ts'

export interface Cards {
  /** `permanent`: the hardware's own address, where the kernel said it. */
  readonly cardOf: (link: { index: number; name: string; permanent?: string }) => string
  /** The interface of that number has gone. */
  readonly forget: (index: number) => void
}

export interface CardsOptions {
  /** Before `/sys` and `/proc`; a test sets it. */
  readonly root: string
  readonly boot: string
  /** What the interface of that number is called now: udev renames it while the message that named it waits. */
  readonly nameNow: (index: number) => string | undefined
}

/** Interfaces whose going was not heard × 100 bytes; at it the oldest is read anew. */
const MAX_CARDS = 4_096
/** Of devices above an interface's own, up to the bus. */
const MAX_ABOVE = 8
/** Looks at an interface whose name changed meanwhile. */
const MAX_LOOKS = 4

export function readCards({ root, boot, nameNow }: CardsOptions): Cards {
  const known = new Map<number, { readonly permanent: string | undefined; readonly card: string }>()
  const isTaken = (card: string): boolean => [...known.values()].some((other) => other.card === card)
  const namespace = (): string => linkOf(`${root}/proc/self/ns/net`) ?? ''

  const hardwareOf = (index: number, name: string, permanent: string | undefined): string | undefined => {
    let called = name
    for (let look = 1; ; look++) {
      const found = hardware(root, deviceOf(root, index, called), permanent ?? addressOf(root, index, called))
      const now = nameNow(index)
      if (now === undefined || now === called || look === MAX_LOOKS) return found
      called = now
    }
  }
  const read = (index: number, name: string, permanent: string | undefined): string => {
    const card = hardwareOf(index, name, permanent)
    // Several interfaces of one radio: the first is the card, the others are told apart.
    if (card !== undefined) return isTaken(card) ? plugOf(card, boot, index) : card
    return plugOf(boot, namespace(), index)
  }
  return {
    cardOf({ index, name, permanent }) {
      const before = known.get(index)
      if (before !== undefined && before.permanent === permanent) return before.card
      known.delete(index)
      const card = read(index, name, permanent)
      const [oldest] = known.keys()
      if (known.size >= MAX_CARDS && oldest !== undefined) known.delete(oldest)
      known.set(index, { permanent, card })
      return card
    },
    forget: (index) => void known.delete(index),
  }
}

/** Of a USB card with a serial from vendor, product, serial and port; else from permanent address and bus path as far as
 *  there are; undefined where there is neither. */
function hardware(root: string, device: string | undefined, permanent: string | undefined): string | undefined {
  const usb = device === undefined ? undefined : usbOf(device)
  if (device !== undefined && usb?.serial !== undefined)
    return plugOf('usb', usb.vendor, usb.product, usb.serial, placeOf(root, device))
  if (device === undefined && permanent === undefined) return undefined
  return plugOf('card', permanent ?? '', device === undefined ? '' : placeOf(root, device))
}

/** Without the numbers that the kernel gives in the order in which it found things. */
const placeOf = (root: string, device: string): string =>
  device
    .slice(root.length)
    .replace(/\/usb\d+\/\d+-/, '/usb/')
    .replaceAll(/\/\d+-(?=\d)/g, '/')
    .replace(/\/virtio\d+$/, '/virtio')

function usbOf(device: string): { vendor: string; product: string; serial: string | undefined } | undefined {
  let folder = device
  for (let i = 0; i < MAX_ABOVE && folder.includes('/usb'); i++, folder = dirname(folder)) {
    const vendor = textOf(`${folder}/idVendor`)
    if (vendor !== undefined)
      return { vendor, product: textOf(`${folder}/idProduct`) ?? '', serial: textOf(`${folder}/serial`) }
  }
  return undefined
}

/** The device of an interface in sysfs; undefined where it has none, or where sysfs shows another network namespace. */
export function deviceOf(root: string, index: number, name: string): string | undefined {
  return isShown(root, index, name) ? realOf(`${root}/sys/class/net/${name}/device`) : undefined
}

/** Its address, where that is the permanent one: NET_ADDR_PERM of linux/netdevice.h, six bytes at least (a tunnel's is
 *  that of its end). */
export function addressOf(root: string, index: number, name: string): string | undefined {
  const folder = `${root}/sys/class/net/${name}`
  if (!isShown(root, index, name) || textOf(`${folder}/addr_assign_type`) !== '0') return undefined
  const address = textOf(`${folder}/address`)
  return address !== undefined && /^[0-9a-f]{2}(:[0-9a-f]{2}){5,}$/.test(address) && !/^[0:]+$/.test(address)
    ? address
    : undefined
}

const isShown = (root: string, index: number, name: string): boolean =>
  !name.includes('/') && textOf(`${root}/sys/class/net/${name}/ifindex`) === String(index)

/** What is not there, or cannot be read, is unknown. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined
    throw error
  }
}
const textOf = (path: string): string | undefined => unlessGone(() => readFileSync(path, 'utf8').trim()) || undefined
const realOf = (path: string): string | undefined => unlessGone(() => realpathSync(path))
const linkOf = (path: string): string | undefined => unlessGone(() => readlinkSync(path))

/** USB devices with a storage interface, as sysfs shows them. */
import type { MediumIdentity } from '#shared/event/subject.ts'
import { listNames, readAttribute, resolved, statOf } from './sysfs.ts'

const STORAGE_CLASS = '08'
/** A USB device has at most 32 interfaces that matter: the event takes no more. */
const MAX_INTERFACES = 32

export interface UsbStorage {
  /** Below /sys; the disks of the device lie below it. */
  path: string
  /** `bus` and `address` are the numbers in /dev/bus/usb. */
  bus: number
  address: number
  /** The number of the directory in sysfs: another for every stay, even where addresses wrap. */
  inode: string
  interfaces: string[]
  /** ms since 1970, where the system can say. */
  since: number | undefined
  identity: Omit<MediumIdentity, 'key'>
}

/** Those with a storage interface in any place, composite devices and UAS included. `known` spares reading again what a
 *  device says of itself: the kernel locks the device for each of those texts. */
export async function readUsbStorage(root: string, known: readonly UsbStorage[]): Promise<UsbStorage[]> {
  const directory = `${root}/sys/bus/usb/devices`
  const interfaces = new Map<string, string[]>()
  for (const name of await listNames(directory)) {
    const [device, rest] = name.split(':')
    if (device === undefined || rest === undefined) continue
    const [first, second, third] = await Promise.all(
      ['bInterfaceClass', 'bInterfaceSubClass', 'bInterfaceProtocol'].map((a) =>
        readAttribute(`${directory}/${name}/${a}`),
      ),
    )
    const triple = `${first}${second}${third}`
    if (!/^[0-9a-f]{6}$/.test(triple)) continue // it just went
    interfaces.set(device, [...(interfaces.get(device) ?? []), triple].slice(0, MAX_INTERFACES))
  }
  const storage = [...interfaces].filter(([, all]) => all.some((triple) => triple.startsWith(STORAGE_CLASS)))
  const devices = await Promise.all(storage.map(([name, all]) => readDevice(root, `${directory}/${name}`, all, known)))
  return devices.flatMap((device) => device ?? [])
}

async function readDevice(root: string, link: string, interfaces: string[], known: readonly UsbStorage[]) {
  const path = await resolved(link)
  const inode = path && (await statOf(path))?.ino.toString()
  if (path === undefined || inode === undefined) return undefined
  const read = (attribute: string): Promise<string | undefined> => readAttribute(`${path}/${attribute}`)
  const [bus, address] = [Number(await read('busnum')), Number(await read('devnum'))]
  const before = known.find((each) => each.path === path && each.inode === inode && each.address === address)
  if (before !== undefined) return { ...before, interfaces }
  const [vid, pid] = [await read('idVendor'), await read('idProduct')]
  if (!(bus > 0) || !(address > 0) || vid === undefined || pid === undefined) return undefined
  const [vendor, product, usbSerial] = [await read('manufacturer'), await read('product'), await read('serial')]
  const identity: UsbStorage['identity'] = { vid, pid }
  if (vendor !== undefined) identity.vendor = clip(vendor)
  if (product !== undefined) identity.product = clip(product)
  if (usbSerial !== undefined) identity.usbSerial = clip(usbSerial)
  const since = await nodeSince(`${root}/dev/bus/usb/${threeDigits(bus)}/${threeDigits(address)}`)
  return { path, bus, address, inode, interfaces, since, identity }
}

const threeDigits = (n: number): string => String(n).padStart(3, '0')
/** As long as an event takes it. */
export const clip = (text: string): string => text.slice(0, 256)

/** devtmpfs makes the node when the device comes. */
export async function nodeSince(node: string): Promise<number | undefined> {
  const stats = await statOf(node)
  return stats && Number(stats.birthtimeMs > 0n ? stats.birthtimeMs : stats.ctimeMs)
}

/** USB by the `usb` package (nusb): inventory on every system, and the source of media where there is no better. */
import { plugOf } from '#agent/media/plug.ts'
import type { MediaSource, SeenMedium } from '#agent/media/signal.ts'
import type { Clock } from '#shared/vocabulary/clock.ts'
import { every } from '../every.ts'

const STORAGE_CLASS = 8
const LOOKING_MS = 2_000

/** Numbers of the bus and of the device on it. */
export interface UsbPlace {
  bus: number
  address: number
}

async function storageDevices() {
  const { usb } = await import('usb') // 2 MiB, and native: only where and when it is wanted
  const devices = await usb.getDevices()
  return devices.filter((device) => (device.configurations satisfies readonly Configuration[]).some(hasStorage))
}

/** As far as it matters here (WebUSB's USBConfiguration). */
interface Configuration {
  interfaces: readonly { alternates: readonly { interfaceClass: number }[] }[]
}
const hasStorage = ({ interfaces }: Configuration): boolean =>
  interfaces.some(({ alternates }) => alternates.some((each) => each.interfaceClass === STORAGE_CLASS))

/** All USB devices with storage; undefined where there is no USB bus, or none that could be asked. */
export async function usbStorageInventory(): Promise<UsbPlace[] | undefined> {
  try {
    const devices = await storageDevices()
    return devices.map(({ bus, address }) => ({ bus: Number(bus), address }))
  } catch {
    return undefined
  }
}

/** Sticks by looking every 2 s, where the system's own way of telling is not known yet: neither disks nor mounts. */
export function portableMedia({ boot }: { boot: string }, { clock }: { clock: Clock }): MediaSource {
  return {
    async watch({ hear, cover }, signal) {
      const since = new Map<string, number>()
      const look = async (found: 'present' | 'live'): Promise<void> => {
        const devices = await storageDevices()
        const plugs = devices.map(({ bus, address }) => plugOf(boot, bus, address))
        for (const plug of since.keys()) if (!plugs.includes(plug)) since.delete(plug)
        for (const plug of plugs) if (!since.has(plug)) since.set(plug, clock.wall())
        const media = devices.map((device, i) => asMedium(device, plugs[i] ?? '', since))
        hear({ type: 'state', found, media })
      }
      await look('present')
      cover({
        state: 'degraded',
        code: 'media.usb-only',
        text: 'USB sticks are seen; their disks, mounts and other media are not.',
      })
      await every(LOOKING_MS, clock, signal, () => look('live'))
    },
  }
}

type UsbDevice = Awaited<ReturnType<typeof storageDevices>>[number]
const hex = (id: number): string => id.toString(16).padStart(4, '0')

function asMedium(device: UsbDevice, plug: string, since: ReadonlyMap<string, number>): SeenMedium {
  const [vid, pid, serial] = [hex(device.vendorId), hex(device.productId), device.serialNumber?.slice(0, 256)]
  const key = serial === undefined || serial === '' ? `plug:${plug}` : `usb:${vid}:${pid}:${serial}`
  const medium: SeenMedium['medium'] = { key, vid, pid }
  if (device.manufacturerName) medium.vendor = device.manufacturerName.slice(0, 256)
  if (device.productName) medium.product = device.productName.slice(0, 256)
  if (serial) medium.usbSerial = serial
  return {
    plug,
    medium,
    bus: 'usb',
    path: `${device.bus}-${device.ports.join('.')}`,
    since: since.get(plug) ?? 0,
    mounts: [],
  }
}

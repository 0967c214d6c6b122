import type { Qmp } from './qmp.ts'
import type { Stick } from './stick.ts'

/** What the rig can plug into a machine's USB bus. */
export type UsbDevice = Stick | Keyboard | NetworkAdapter
export interface Keyboard {
  kind: 'keyboard'
}
export interface NetworkAdapter {
  kind: 'network-adapter'
  /** QEMU's adapter begins with 40 whatever it is told; udev calls it `enx` and the twelve digits. */
  mac: `40:${string}`
}

/** Network adapters have a port of their own: pulled and put in again, one is in the same port, and so the same card. */
const CARD_PORT = '4'

/** Plugs the device in under that id; gives what undoes it, which resolves once the device is out and its image free. */
export async function plugInto(qmp: Qmp, device: UsbDevice, id: string): Promise<() => Promise<void>> {
  const undo: (() => Promise<unknown>)[] = []
  const add = async (command: string, args: object, undone: [string, object]): Promise<void> => {
    await qmp.execute(command, args)
    undo.unshift(() => qmp.execute(...undone))
  }
  const plug = async (driver: string, args: object): Promise<void> => {
    await qmp.execute('device_add', { driver, id, bus: 'xhci.0', ...args })
    undo.unshift(async () => {
      const out = qmp.event('DEVICE_DELETED', ({ device: gone }) => gone === id, 30_000)
      await Promise.all([out, qmp.execute('device_del', { id })])
    })
  }

  if (device.kind === 'keyboard') await plug('usb-kbd', {})
  if (device.kind === 'network-adapter') {
    await add('netdev_add', { type: 'user', id: `${id}-net`, net: '192.168.77.0/24', restrict: true }, [
      'netdev_del',
      { id: `${id}-net` },
    ])
    await plug('usb-net', { netdev: `${id}-net`, mac: device.mac, port: CARD_PORT })
  }
  if (device.kind === 'stick') {
    const file = `${id}-file`
    await add('blockdev-add', { driver: 'file', 'node-name': file, filename: device.image }, [
      'blockdev-del',
      { 'node-name': file },
    ])
    let below = file
    if (device.writeBytesPerSecond !== undefined) {
      below = `${id}-slow`
      const limits = { 'bps-write': device.writeBytesPerSecond }
      await add('object-add', { 'qom-type': 'throttle-group', id: `${id}-limits`, limits }, [
        'object-del',
        { id: `${id}-limits` },
      ])
      const slow = { driver: 'throttle', 'node-name': below, 'throttle-group': `${id}-limits`, file }
      await add('blockdev-add', slow, ['blockdev-del', { 'node-name': below }])
    }
    const raw = { driver: 'raw', 'node-name': `${id}-disk`, file: below }
    await add('blockdev-add', raw, ['blockdev-del', { 'node-name': `${id}-disk` }])
    await plug('usb-storage', { drive: `${id}-disk`, serial: device.serial, removable: true })
  }
  return async () => {
    for (const step of undo) await step()
  }
}

/** Holds what sysfs gave against what another reader of USB sees: `usb` as inventory and cross-check. */
import type { UsbPlace } from '../portable/usb.ts'
import type { MediaFaults } from './media-faults.ts'
import type { UsbStorage } from './usb-storage.ts'

const nameOf = ({ bus, address }: UsbPlace): string => `${bus}-${address}`

/** One that is missed twice running is a fault: the first time it may just have come. */
export function unseenUsb(inventory: () => Promise<readonly UsbPlace[] | undefined>) {
  let missedBefore = new Set<string>()
  return async (seen: readonly UsbStorage[], faults: MediaFaults): Promise<void> => {
    const all = await inventory()
    faults.set('usb.no-bus', all === undefined ? 'This machine has no USB that could be watched.' : undefined)
    const names = new Set(seen.map(nameOf))
    const missed = (all ?? []).map(nameOf).filter((name) => !names.has(name))
    const twice = missed.filter((name) => missedBefore.has(name))
    missedBefore = new Set(missed)
    faults.set(
      'usb.unseen',
      twice.length > 0 ? `USB storage that sysfs does not show: ${twice.join(', ')}.` : undefined,
    )
  }
}

/** The kernel's own announcements of devices (Documentation/ABI: netlink KOBJECT_UEVENT, group 1). */

const NETLINK_KOBJECT_UEVENT = 15
const KERNEL_GROUP = 1 // udev's own, later, announcements are group 2
/** Some 4,000 announcements of 1 KiB: a dock full of devices makes about 200. */
const RECEIVE_BYTES = 4 << 20
export const ueventSocket = [NETLINK_KOBJECT_UEVENT, KERNEL_GROUP, RECEIVE_BYTES] as const

export interface Uevent {
  action: string
  /** Below /sys. */
  devpath: string
  values: ReadonlyMap<string, string>
}

/** `add@/devices/…` and then `KEY=value` texts, each ended by a zero. Undefined where the bytes are anything else. */
export function parseUevent(bytes: Buffer): Uevent | undefined {
  const [head = '', ...rest] = bytes.toString('utf8').split('\0')
  const at = head.indexOf('@')
  if (at <= 0 || head[at + 1] !== '/') return undefined
  const pairs = rest.flatMap((text): [string, string][] => {
    const equals = text.indexOf('=')
    return equals > 0 ? [[text.slice(0, equals), text.slice(equals + 1)]] : []
  })
  return { action: head.slice(0, at), devpath: head.slice(at + 1), values: new Map(pairs) }
}

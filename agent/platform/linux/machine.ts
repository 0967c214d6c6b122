/** Two readings of the machine that an identity belongs to: DMI's product UUID, and the permanent addresses of its
 *  built-in network cards. */
import { uuidPattern } from '#shared/vocabulary/ids.ts'
import type { Machine } from '#shared/wire/enrolment.ts'
import { addressOf, deviceOf } from './cards.ts'
import type { Libc } from './libc.ts'
import { DUMPS, dumpRequest, parseRouteMessages, ROUTE_RECEIVE_BYTES, routeSocket } from './rtnetlink.ts'
import { listNames, readAttribute } from './sysfs.ts'

/** What firmware says when nobody filled it in. */
const FILLERS = /^(0{8}-(0{4}-){3}0{12}|f{8}-(f{4}-){3}f{12}|03000200-0400-0500-0006-000700080009)$/
const MAX_MACS = 64 // as an enrolment carries them
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/

/** What is not known, or a filler, is absent. Never rejects. `root`: before `/sys`; a test sets it. */
export async function machineOf(root: string, libc: Libc): Promise<Machine> {
  const uuid = (await readAttribute(`${root}/sys/class/dmi/id/product_uuid`))?.toLowerCase()
  const macs = await builtInMacs(root, permanentAddresses(libc))
  return {
    ...(uuid !== undefined && uuidPattern.test(uuid) && !FILLERS.test(uuid) && { uuid }),
    ...(macs.length > 0 && { macs }),
  }
}

async function builtInMacs(root: string, permanent: ReadonlyMap<number, string>): Promise<string[]> {
  const names = await listNames(`${root}/sys/class/net`)
  const found = await Promise.all(
    names.map(async (name) => {
      const index = Number(await readAttribute(`${root}/sys/class/net/${name}/ifindex`))
      const device = deviceOf(root, index, name)
      if (device === undefined || !/\/(pci|platform)/.test(device) || device.includes('/usb')) return []
      return permanent.get(index) ?? addressOf(root, index, name) ?? []
    }),
  )
  return [...new Set(found.flat())]
    .filter((mac) => MAC.test(mac))
    .toSorted()
    .slice(0, MAX_MACS)
}

/** By number of the interface, as the kernel says them; nothing where it gives no netlink. */
function permanentAddresses(libc: Libc): Map<number, string> {
  const found = new Map<number, string>()
  const [links] = DUMPS
  try {
    const socket = libc.openNetlink(routeSocket[0], 0, ROUTE_RECEIVE_BYTES)
    try {
      socket.send(dumpRequest(links, 1))
      const note = ({ index, permanent }: { index: number; permanent?: string }): string => {
        if (permanent !== undefined) found.set(index, permanent)
        return ''
      }
      for (;;) {
        const received = socket.receive() // the kernel makes each part of its answer as it is asked for
        if (received.outcome !== 'message') return found
        for (const message of parseRouteMessages(received.bytes, note)) if (message.type === 'done') return found
      }
    } finally {
      socket.close()
    }
  } catch {
    return found // a sandbox may give none: then sysfs alone is read
  }
}

/** One look at all media of this machine: sysfs, mounts, and what is on them. */
import { plugOf } from '#agent/media/plug.ts'
import type { SeenMedium } from '#agent/media/signal.ts'
import type { MediumIdentity } from '#shared/event/subject.ts'
import { readDisks, type Disk } from './disks.ts'
import { parseMounts, type Mount } from './mountinfo.ts'
import { readBytes, statOf } from './sysfs.ts'
import { readUsbStorage, type UsbStorage } from './usb-storage.ts'
import { readVolumeFacts, type VolumeFacts } from './volume-facts.ts'

/** Some 100,000 mounts; `cut` says that there are more. */
const MAX_MOUNTINFO_BYTES = 16 << 20
const MAX_EMPTY = 256 // card readers seen empty, some 100 bytes each; the oldest are forgotten

export interface MediaLook {
  media: readonly SeenMedium[]
  /** All USB devices with storage, those without a medium in them too. */
  usb: readonly UsbStorage[]
  mountsCut: boolean
}

export interface MediaWorld {
  /** Where /sys, /proc, /dev and /run hang; empty but in tests. */
  root: string
  boot: string
  /** ms since 1970. */
  wall: () => number
}

/** Looks anew each time; remembers what a device said of itself, and which card readers were seen empty. */
export function mediaLooker({ root, boot, wall }: MediaWorld): () => Promise<MediaLook> {
  let usb: UsbStorage[] = []
  let firstSeen = new Map<string, number>()
  const emptied = new Set<string>()

  /** A reader whose every slot is empty holds no medium; what is put in later is a stay of its own. */
  function plugOfUsb(device: UsbStorage, disks: readonly Disk[]): string | undefined {
    const stay = [boot, device.path.slice(root.length), device.address, device.inode]
    const key = stay.join('\n')
    const filled = disks.find((disk) => disk.sizeBytes > 0)
    if (disks.length > 0 && filled === undefined) {
      emptied.add(key)
      for (const oldest of [...emptied].slice(0, -MAX_EMPTY)) emptied.delete(oldest)
      return undefined
    }
    return emptied.has(key) && filled !== undefined ? plugOf(...stay, filled.diskseq ?? '') : plugOf(...stay)
  }

  function draftOfUsb(device: UsbStorage, all: readonly Disk[]): Draft[] {
    const disks = all.filter((disk) => disk.path.startsWith(`${device.path}/`))
    const plug = plugOfUsb(device, disks)
    if (plug === undefined) return []
    const { vid, pid, usbSerial } = device.identity
    const key = usbSerial === undefined ? `plug:${plug}` : `usb:${vid}:${pid}:${usbSerial}`
    const about = { plug, bus: 'usb', interfaces: device.interfaces, path: device.path.slice(root.length) } as const
    return [
      {
        about,
        since: device.since,
        medium: { key, ...device.identity },
        disks: disks.filter((disk) => disk.sizeBytes > 0),
      },
    ]
  }

  function draftOfDisk(disk: Disk): Draft {
    const path = disk.path.slice(root.length)
    const plug = plugOf(boot, path, disk.dev, disk.diskseq ?? '')
    const medium: MediumIdentity = { key: disk.serial === undefined ? `plug:${plug}` : `disk:${disk.serial}` }
    if (disk.vendor !== undefined) medium.vendor = disk.vendor
    if (disk.product !== undefined) medium.product = disk.product
    // A drive's node is as old as the drive, not as the disc in it.
    return { about: { plug, bus: disk.bus, path }, since: undefined, medium, disks: [disk] }
  }

  return async () => {
    const table = await readBytes(`${root}/proc/self/mountinfo`, MAX_MOUNTINFO_BYTES)
    usb = await readUsbStorage(root, usb)
    const disks = await readDisks(root)
    const mounts = await withDevices(root, parseMounts(table?.toString('latin1') ?? ''))
    const onUsb = (disk: Disk): boolean => usb.some((device) => disk.path.startsWith(`${device.path}/`))
    const others = disks.filter((disk) => disk.removable && disk.sizeBytes > 0 && !onUsb(disk))
    const drafts = [...usb.flatMap((device) => draftOfUsb(device, disks)), ...others.map(draftOfDisk)]
    const now = wall()
    firstSeen = new Map(
      drafts.map(({ about: { plug }, since }) => [plug, firstSeen.get(plug) ?? Math.min(since ?? now, now)]),
    )
    const media = await Promise.all(
      drafts.map((draft) => finish(root, draft, mounts, firstSeen.get(draft.about.plug) ?? now)),
    )
    return { media, usb, mountsCut: table?.length === MAX_MOUNTINFO_BYTES }
  }
}

interface Draft {
  about: Pick<SeenMedium, 'plug' | 'bus' | 'interfaces' | 'path'>
  since: number | undefined
  medium: MediumIdentity
  disks: readonly Disk[]
}

async function finish(
  root: string,
  { about, medium, disks }: Draft,
  mounts: readonly Mount[],
  since: number,
): Promise<SeenMedium> {
  const devs = disks.flatMap((disk) => disk.devs)
  const facts = await Promise.all(devs.map(({ dev, node }) => readVolumeFacts(root, dev, node)))
  const known = { ...medium, ...diskFacts(disks), ...firstOf(facts) }
  const mine = mounts.filter((mount) => devs.some(({ dev }) => dev === mount.dev))
  return { ...about, since, medium: known, mounts: mine.map(({ id, volume }) => ({ id, volume })) }
}

function diskFacts(disks: readonly Disk[]): Pick<MediumIdentity, 'diskSerial' | 'sizeBytes'> {
  const serial = disks.find((disk) => disk.serial !== undefined)?.serial
  const sizeBytes = disks.reduce((sum, disk) => sum + disk.sizeBytes, 0)
  return { ...(serial === undefined ? {} : { diskSerial: serial }), ...(sizeBytes > 0 ? { sizeBytes } : {}) }
}

/** The first partition with a file system speaks for the medium. */
function firstOf(facts: readonly VolumeFacts[]): VolumeFacts {
  const table = facts.find(({ partitionTable }) => partitionTable !== undefined)
  const { partitionTable: _, ...volume } = facts.find(({ fsUuid }) => fsUuid !== undefined) ?? {}
  return table?.partitionTable === undefined ? volume : { ...volume, partitionTable: table.partitionTable }
}

/** btrfs gives its mounts a number of its own: there the device's node says which disk it is. */
const withDevices = (root: string, mounts: readonly Mount[]): Promise<Mount[]> =>
  Promise.all(
    mounts.map(async (mount) => {
      if (!mount.dev.startsWith('0:') || !mount.volume.device.startsWith('/dev/')) return mount
      const node = await statOf(`${root}${mount.volume.device}`)
      return node === undefined || node.rdev === 0n ? mount : { ...mount, dev: devOf(node.rdev) }
    }),
  )

/** glibc's makedev, undone. */
const devOf = (rdev: bigint): string =>
  `${((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)}:${(rdev & 0xffn) | ((rdev >> 12n) & ~0xffn)}`

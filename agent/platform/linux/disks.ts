/** Disks that hold a removable medium, as sysfs shows them, with their partitions and what is unlocked on top. */
import { clip, nodeSince } from './usb-storage.ts'
import { listNames, readAttribute, readBytes, resolved } from './sysfs.ts'

/** What `sr` says of a drive that is empty (drivers/scsi/sr.c), in sectors of 512 bytes. */
const EMPTY_DRIVE_SECTORS = 0x1fffff
const MAX_PARTITIONS = 256 // the kernel's own bound for most disks
const MAX_HOLDERS_DEEP = 4 // LUKS in LVM in LUKS

export interface Disk {
  name: string
  /** Below /sys. */
  path: string
  dev: string
  /** 0: no medium in it. */
  sizeBytes: number
  /** Counts up over all disks and media of this boot; absent before Linux 5.15. */
  diskseq: string | undefined
  bus: 'mmc' | 'scsi' | 'other'
  /** Removable by itself; a disk on USB is a medium by where it hangs. */
  removable: boolean
  serial: string | undefined
  product: string | undefined
  vendor: string | undefined
  /** `major:minor` of the disk, its partitions and all that is unlocked on them. */
  devs: { dev: string; node: string }[]
  since: number | undefined
}

/** Disks of hardware; loop, zram and device mapper are none. */
export async function readDisks(root: string): Promise<Disk[]> {
  const names = await listNames(`${root}/sys/block`)
  const disks = await Promise.all(names.map((name) => readDisk(root, name)))
  return disks.flatMap((disk) => disk ?? [])
}

async function readDisk(root: string, name: string): Promise<Disk | undefined> {
  const path = await resolved(`${root}/sys/block/${name}`)
  if (path === undefined || path.startsWith(`${root}/sys/devices/virtual/`)) return undefined
  const read = (attribute: string): Promise<string | undefined> => readAttribute(`${path}/${attribute}`)
  const [dev, size, removable, type] = [
    await read('dev'),
    await read('size'),
    await read('removable'),
    await read('device/type'),
  ]
  if (dev === undefined || size === undefined) return undefined
  const mmc = name.startsWith('mmcblk')
  const sectors = Number(size)
  const empty = name.startsWith('sr') && sectors === EMPTY_DRIVE_SECTORS
  const [vendor, product] = [await read('device/vendor'), await read(mmc ? 'device/name' : 'device/model')]
  const serial = await readSerial(path, mmc)
  return {
    name,
    path,
    dev,
    sizeBytes: empty || !Number.isSafeInteger(sectors) ? 0 : sectors * 512,
    diskseq: await read('diskseq'),
    bus: mmc ? 'mmc' : (await resolved(`${path}/device/subsystem`))?.endsWith('/scsi') === true ? 'scsi' : 'other',
    removable: removable === '1' || (mmc && type === 'SD'),
    serial: serial && clip(serial),
    product: product && clip(product),
    vendor: vendor && clip(vendor),
    devs: await devsOf(root, path, dev, name),
    since: await nodeSince(`${root}/dev/${name}`),
  }
}

/** The unit serial number page of SCSI (SPC-4: four bytes, then ASCII), else what the driver of another bus says. */
async function readSerial(path: string, mmc: boolean): Promise<string | undefined> {
  const page = await readBytes(`${path}/device/vpd_pg80`, 260)
  const text = page
    ?.subarray(4)
    .toString('latin1')
    .replace(/[^\x20-\x7e]/g, '')
    .trim()
  if (text !== undefined && text !== '') return text
  return readAttribute(`${path}/device/${mmc ? 'cid' : 'serial'}`)
}

async function devsOf(root: string, path: string, dev: string, name: string): Promise<Disk['devs']> {
  const partitions = (await listNames(path)).filter((entry) => entry.startsWith(name)).slice(0, MAX_PARTITIONS)
  const below = await Promise.all(partitions.map((entry) => devOf(root, `${path}/${entry}`, entry, 0)))
  const whole = { dev, node: `${root}/dev/${name}` }
  return [whole, ...below.flat(), ...(await holdersOf(root, path, 0))]
}

async function devOf(root: string, path: string, name: string, depth: number): Promise<Disk['devs']> {
  const dev = await readAttribute(`${path}/dev`)
  if (dev === undefined) return []
  return [{ dev, node: `${root}/dev/${name}` }, ...(await holdersOf(root, path, depth))]
}

async function holdersOf(root: string, path: string, depth: number): Promise<Disk['devs']> {
  if (depth >= MAX_HOLDERS_DEEP) return []
  const names = await listNames(`${path}/holders`)
  const all = await Promise.all(names.map((name) => devOf(root, `${path}/holders/${name}`, name, depth + 1)))
  return all.flat()
}

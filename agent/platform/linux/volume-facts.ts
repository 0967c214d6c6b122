/** What is on a disk: partition table, file system, label. By udev's data base where udevd runs, else by our own reading
 *  of the first two KiB. */
import { readAttribute, readBytes } from './sysfs.ts'
import { clip } from './usb-storage.ts'

export interface VolumeFacts {
  partitionTable?: string
  fsUuid?: string
  label?: string
}

const UDEV_ENTRY_BYTES = 64 * 1024 // an entry has 2 to 4 KiB
const START_BYTES = 2_048

/** `dev` is `major:minor`. */
export async function readVolumeFacts(root: string, dev: string, node: string): Promise<VolumeFacts> {
  const entry = (await readBytes(`${root}/run/udev/data/b${dev}`, UDEV_ENTRY_BYTES))?.toString('utf8') ?? ''
  const facts = parseUdevEntry(entry)
  if (Object.keys(facts).length > 0) return facts
  const [size, start] = [await readAttribute(`${root}/sys/dev/block/${dev}/size`), await readBytes(node, START_BYTES)]
  return start === undefined || size === '0' ? {} : parseStart(start)
}

/** Lines `E:KEY=value`; labels have \x20 for what is not plain. */
export function parseUdevEntry(text: string): VolumeFacts {
  const values = new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const equals = line.indexOf('=')
      return line.startsWith('E:') && equals > 0 ? [[line.slice(2, equals), line.slice(equals + 1)]] : []
    }),
  )
  return factsOf(values.get('ID_PART_TABLE_UUID'), values.get('ID_FS_UUID'), plain(values.get('ID_FS_LABEL_ENC')))
}

const plain = (escaped: string | undefined): string | undefined =>
  escaped === undefined
    ? undefined
    : Buffer.from(
        Buffer.from(escaped, 'utf8')
          .toString('latin1')
          .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ).toString('utf8')

function factsOf(
  partitionTable: string | undefined,
  fsUuid: string | undefined,
  label: string | undefined,
): VolumeFacts {
  const facts: VolumeFacts = {}
  if (partitionTable) facts.partitionTable = clip(partitionTable)
  if (fsUuid) facts.fsUuid = clip(fsUuid)
  if (label) facts.label = clip(label)
  return facts
}

const ascii = (bytes: Buffer, at: number, length: number): string =>
  bytes
    .toString('latin1', at, at + length)
    .split('\0')[0]
    ?.trim() ?? ''
const utf8 = (bytes: Buffer, at: number, length: number): string =>
  bytes.toString('utf8', at, at + length).split('\0')[0] ?? ''
const guid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
const reversed = (bytes: Buffer, at: number, length: number): string =>
  Buffer.from([...bytes.subarray(at, at + length)].toReversed()).toString('hex')
const serial = (bytes: Buffer, at: number): string => reversed(bytes, at, 4).toUpperCase().replace(/^.{4}/, '$&-')

/** ext2-4, FAT, exFAT and NTFS by their superblocks, GPT and MBR by theirs; in the form that udev gives. */
export function parseStart(bytes: Buffer): VolumeFacts {
  if (bytes.length < START_BYTES) return {}
  if (bytes.readUInt16LE(1080) === 0xef53)
    return factsOf(undefined, guid(bytes.toString('hex', 1128, 1144)), utf8(bytes, 1144, 16))
  if (ascii(bytes, 3, 8) === 'EXFAT') return factsOf(undefined, serial(bytes, 100), undefined)
  if (ascii(bytes, 3, 8) === 'NTFS') return factsOf(undefined, reversed(bytes, 72, 8).toUpperCase(), undefined)
  for (const [magic, at] of [
    ['FAT32', 82],
    ['FAT1', 54],
  ] as const) {
    if (!ascii(bytes, at, 8).startsWith(magic)) continue
    const label = ascii(bytes, at - 11, 11)
    return factsOf(undefined, serial(bytes, at - 15), label === 'NO NAME' ? undefined : label)
  }
  if (ascii(bytes, 512, 8) === 'EFI PART') {
    const mixed =
      reversed(bytes, 568, 4) + reversed(bytes, 572, 2) + reversed(bytes, 574, 2) + bytes.toString('hex', 576, 584)
    return factsOf(guid(mixed), undefined, undefined)
  }
  const signature = reversed(bytes, 440, 4)
  return bytes.readUInt16LE(510) === 0xaa55 && signature !== '00000000' ? { partitionTable: signature } : {}
}

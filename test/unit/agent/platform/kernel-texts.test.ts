import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseMounts } from '#agent/platform/linux/mountinfo.ts'
import { parseUevent } from '#agent/platform/linux/uevent.ts'
import { parseStart, parseUdevEntry } from '#agent/platform/linux/volume-facts.ts'

describe('a uevent', () => {
  test('is what happened, where, and named values', () => {
    const bytes = Buffer.from('add@/devices/usb2/2-1/2-1:1.0\0ACTION=add\0SUBSYSTEM=usb\0INTERFACE=8/6/80\0X=a=b\0')
    expect(parseUevent(bytes)).toEqual({
      action: 'add',
      devpath: '/devices/usb2/2-1/2-1:1.0',
      values: new Map([
        ['ACTION', 'add'],
        ['SUBSYSTEM', 'usb'],
        ['INTERFACE', '8/6/80'],
        ['X', 'a=b'],
      ]),
    })
  })
  test.for(['', 'libudev\0', 'add@devices\0', '@/x\0'])('%j is none', (text) => {
    expect(parseUevent(Buffer.from(text))).toBeUndefined()
  })
})

describe('a line of mountinfo', () => {
  const mounted = (line: string) => parseMounts(Buffer.from(line).toString('latin1'))
  const volume = { device: '/dev/sdb1', fs: 'vfat', readOnly: false, mountPoint: '/m' }
  test.for([
    ['plain', '36 35 8:17 / /m rw,noatime - vfat /dev/sdb1 rw', volume],
    ['optional fields', '36 35 8:17 / /m rw shared:1 master:2 - vfat /dev/sdb1 rw', volume],
    ['read-only mount', '36 35 8:17 / /m ro - vfat /dev/sdb1 rw', { ...volume, readOnly: true }],
    ['read-only file system', '36 35 8:17 / /m rw - vfat /dev/sdb1 rw,errors=x,ro', { ...volume, readOnly: true }],
    [
      'a blank, a newline and a backslash',
      '36 35 8:17 / /m\\040a\\012b\\134c rw - vfat /dev/sdb1 rw',
      { ...volume, mountPoint: '/m a\nb\\c' },
    ],
    [
      'a Chinese name',
      '36 35 8:17 / /media/密\\040盘 rw - vfat /dev/sdb1 rw',
      { ...volume, mountPoint: '/media/密 盘' },
    ],
    ['no options of the file system', '36 35 8:17 / /m rw - vfat /dev/sdb1', volume],
  ] as const)('%s', ([, line, expected]) => {
    expect(mounted(line)).toEqual([{ id: '36', dev: '8:17', volume: expected }])
  })
  test.for([
    '',
    '36',
    '36 35 8:17 / /m rw vfat /dev/sdb1 rw',
    '36 35 x / /m rw - vfat /dev/sdb1 rw',
    `36 35 8:17 / /${'m'.repeat(5000)} rw - vfat d rw`,
  ])('not %j', (line) => expect(mounted(line)).toEqual([]))
})

describe('what is on a disk', () => {
  test("by udev's data base, the label as it was written", () => {
    const entry =
      'S:disk/by-id/x\nI:16246003\nE:ID_FS_UUID=1A2B-3C4D\nE:ID_FS_LABEL_ENC=\\xe5\\xaf\\x86\\x20a\nE:ID_PART_TABLE_UUID=deadbeef\n'
    expect(parseUdevEntry(entry)).toEqual({ fsUuid: '1A2B-3C4D', label: '密 a', partitionTable: 'deadbeef' })
  })

  const start = (writes: readonly (readonly [number, Buffer | string])[]): Buffer => {
    const bytes = Buffer.alloc(2048)
    for (const [at, what] of writes) Buffer.from(what).copy(bytes, at)
    return bytes
  }
  const serial = Buffer.from('4d3c2b1a', 'hex')
  const boot = [510, Buffer.from([0x55, 0xaa])] as const
  test.for([
    [
      'FAT32',
      start([[82, 'FAT32   '], [67, serial], [71, 'STICK      '], boot]),
      { fsUuid: '1A2B-3C4D', label: 'STICK' },
    ],
    [
      'FAT16 without a name',
      start([[54, 'FAT16   '], [39, serial], [43, 'NO NAME    '], boot]),
      { fsUuid: '1A2B-3C4D' },
    ],
    ['exFAT', start([[3, 'EXFAT   '], [100, serial], boot]), { fsUuid: '1A2B-3C4D' }],
    [
      'NTFS',
      start([[3, 'NTFS    '], [72, Buffer.from('0807060504030201', 'hex')], boot]),
      { fsUuid: '0102030405060708' },
    ],
    [
      'ext4',
      start([
        [1080, Buffer.from([0x53, 0xef])],
        [1128, Buffer.from('11111111222233334444555555555555', 'hex')],
        [1144, '密 a'],
      ]),
      { fsUuid: '11111111-2222-3333-4444-555555555555', label: '密 a' },
    ],
    ['a DOS table', start([[440, Buffer.from('efbeadde', 'hex')], boot]), { partitionTable: 'deadbeef' }],
    [
      'a GPT',
      start([boot, [512, 'EFI PART'], [568, Buffer.from('28732ac11ff8d211ba4b00a0c93ec93b', 'hex')]]),
      { partitionTable: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b' },
    ],
    ['nothing', start([]), {}],
    ['too little', Buffer.alloc(100), {}],
  ] as [string, Buffer, object][])('by its first bytes: %s', ([, bytes, facts]) =>
    expect(parseStart(bytes)).toEqual(facts),
  )
})

test('texts and bytes of any kind never throw', () => {
  const readAll = (bytes: Buffer, text: string): void => {
    parseUevent(bytes)
    parseStart(bytes)
    parseMounts(text)
    parseUdevEntry(text)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4096 }), fc.string({ unit: 'binary' }), (bytes, text) => {
      expect(() => readAll(Buffer.from(bytes), text)).not.toThrow()
    }),
    { numRuns: 200 },
  )
})

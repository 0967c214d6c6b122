import { describe, expect, test } from 'vitest'
import { mediaLooker } from '#agent/platform/linux/look-at-media.ts'
import { fakeSys, type FakeSys } from '../../../support/fake-sys.ts'

const lookerAt = ({ root }: FakeSys) => mediaLooker({ root, boot: 'boot', wall: () => 1_767_323_045_678 })
const STORAGE = '080650'

describe('USB', () => {
  test('a stick is a medium before its disk is there, and the same plug when the disk has told more', async () => {
    await using sys = await fakeSys()
    const look = lookerAt(sys)
    const path = await sys.usb('2-1', { address: 5, serial: 'SN1', interfaces: [STORAGE] })
    const [early] = (await look()).media
    expect(early).toMatchObject({
      bus: 'usb',
      interfaces: [STORAGE],
      path,
      medium: { key: 'usb:46f4:0001:SN1', vendor: 'QEMU' },
      mounts: [],
    })
    const disk = await sys.disk(`${path}/2-1:1.0/host6`, 'sda', { dev: '8:0', sectors: 131_072, diskseq: 3 })
    await sys.write(`${disk}/sda1/dev`, '8:1')
    await sys.write('/run/udev/data/b8:1', 'E:ID_FS_UUID=1A2B-3C4D\nE:ID_FS_LABEL_ENC=A')
    await sys.write('/run/udev/data/b8:0', 'E:ID_PART_TABLE_UUID=deadbeef')
    await sys.mounts(
      '1 0 254:0 / / rw - ext4 /dev/vda rw',
      '36 1 8:1 / /m rw - vfat /dev/sda1 rw',
      '37 1 8:1 / /n rw - vfat /dev/sda1 rw',
    )
    const [late] = (await look()).media
    expect(late?.plug).toBe(early?.plug)
    expect(late?.medium).toMatchObject({
      sizeBytes: 67_108_864,
      fsUuid: '1A2B-3C4D',
      label: 'A',
      partitionTable: 'deadbeef',
    })
    expect(late?.mounts.map(({ id, volume }) => [id, volume.mountPoint])).toEqual([
      ['36', '/m'],
      ['37', '/n'],
    ])
  })

  test.for([
    ['storage in any interface of a composite device', ['030101', '080662'], 1],
    ['UAS', ['080662'], 1],
    ['a keyboard', ['030101'], 0],
    ['a network adapter', ['020600', '0a0000'], 0],
  ] as [string, string[], number][])('%s', async ([, interfaces, count]) => {
    await using sys = await fakeSys()
    await sys.usb('2-1', { address: 5, interfaces })
    expect((await lookerAt(sys)()).media).toHaveLength(count)
  })

  test('a stick put in again is another stay, and without a serial the plug is its key', async () => {
    await using sys = await fakeSys()
    const look = lookerAt(sys)
    const path = await sys.usb('2-1', { address: 5, interfaces: [STORAGE] })
    const [first] = (await look()).media
    expect(first?.medium.key).toBe(`plug:${first?.plug}`)
    await sys.remove(path)
    await sys.usb('2-1', { address: 6, interfaces: [STORAGE] })
    const [second] = (await look()).media
    expect(second?.plug).toMatch(/^[0-9a-f]{32}$/)
    expect(second?.plug).not.toBe(first?.plug)
    expect((await lookerAt(sys)()).media[0]?.plug).toBe(second?.plug) // an agent that starts anew says the same
  })

  test('an empty card reader is no medium; each card put in is a stay of its own', async () => {
    await using sys = await fakeSys()
    const look = lookerAt(sys)
    const path = await sys.usb('2-1', { address: 5, interfaces: [STORAGE] })
    const card = (sectors: number, diskseq: number) => sys.disk(path, 'sdb', { dev: '8:16', sectors, diskseq })
    const plugs: (string | undefined)[] = []
    for (const [sectors, diskseq] of [
      [0, 3],
      [8_192, 4],
      [0, 4],
      [8_192, 5],
    ] as const) {
      await card(sectors, diskseq)
      plugs.push((await look()).media[0]?.plug)
    }
    expect(plugs.map((plug) => typeof plug)).toEqual(['undefined', 'string', 'undefined', 'string'])
    expect(plugs[1]).not.toBe(plugs[3])
    expect((await look()).usb).toHaveLength(1)
  })
})

describe('not USB', () => {
  const disk = { dev: '8:0', sectors: 8_192, diskseq: 7 }
  test.for([
    ['a removable disk', 'sda', disk, {}, { bus: 'other', medium: { sizeBytes: 4_194_304 } }],
    ['a fixed disk', 'sda', { ...disk, removable: 0 }, {}, undefined],
    [
      'an SD card',
      'mmcblk0',
      { ...disk, removable: 0 },
      { 'device/type': 'SD', 'device/cid': 'c1d', 'device/name': 'SU08G' },
      { bus: 'mmc', medium: { key: 'disk:c1d', product: 'SU08G' } },
    ],
    ['an eMMC', 'mmcblk0', { ...disk, removable: 0 }, { 'device/type': 'MMC' }, undefined],
    ['a drive without a disc', 'sr0', { ...disk, sectors: 0x1fffff }, {}, undefined],
    ['a disc', 'sr0', { ...disk, sectors: 700_000 }, { 'device/vendor': 'PIONEER' }, { medium: { vendor: 'PIONEER' } }],
  ] as const)('%s', async ([, name, about, attributes, expected]) => {
    await using sys = await fakeSys()
    const path = await sys.disk('/sys/devices/pci0/ata1', name, about)
    for (const [attribute, text] of Object.entries(attributes)) await sys.write(`${path}/${attribute}`, text)
    const { media } = await lookerAt(sys)()
    expect(media).toMatchObject(expected === undefined ? [] : [expected])
  })

  test('a loop device is none, whatever it says', async () => {
    await using sys = await fakeSys()
    await sys.disk('/sys/devices/virtual', 'loop0', { ...disk, removable: 1 })
    expect((await lookerAt(sys)()).media).toEqual([])
  })

  test('what is unlocked on a partition and mounted belongs to the disk', async () => {
    await using sys = await fakeSys()
    const path = await sys.disk('/sys/devices/pci0/ata1', 'sda', disk)
    await sys.write(`${path}/sda1/dev`, '8:1')
    await sys.write(`${path}/sda1/holders/dm-0/dev`, '253:0')
    await sys.mounts('36 1 253:0 / /m rw - ext4 /dev/mapper/secret rw')
    const [medium] = (await lookerAt(sys)()).media
    expect(medium?.mounts).toMatchObject([{ volume: { mountPoint: '/m', device: '/dev/mapper/secret' } }])
  })
})

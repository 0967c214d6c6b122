import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Event } from './api.ts'
import { startAgent } from './guest-agent.ts'
import type { Running } from './guest-shell.ts'
import type { Image } from './image.ts'
import { RigUnavailable } from './packages.ts'
import { run } from './run.ts'
import { makeStick, type Stick } from './stick.ts'
import { until } from './until.ts'
import { diskOf, incident, kindsOf, ofMedium, prepareRig, startWhole, type Whole } from './whole.ts'

const prepared = await prepareRig()
const mac = '52:54:00:00:0d:01'
const register = `
endpoints:
  - { host: MEDIA-01, macs: ['${mac}'], name: 办公机二号, level: internal, networkKind: intranet, department: 综合科, responsible: 张三, allowedNetworks: [10.0.9.0/24] }
`

describe.skipIf(prepared instanceof RigUnavailable)('media that behave as media do', () => {
  const parts = new AsyncDisposableStack()
  let whole: Whole
  let agentId: string
  let agent: Running
  let environment: Record<string, string>

  beforeAll(async () => {
    const devices = ['virtio-scsi-pci,id=scsi']
    whole = parts.use(await startWhole(prepared as Image, { name: 'MEDIA-01', mac, register, devices }))
    environment = await whole.collector.token('综合科', 'internal')
    agent = await startAgent(whole.machine, environment)
    agentId = await until('the policy to be applied', 120_000, async () => {
      const [endpoint] = await whole.collector.api.endpoints()
      return endpoint && endpoint.policyVersion > 0 && endpoint.agent
    })
  })
  afterAll(() => parts.disposeAsync())

  const stored = (): Promise<Event[]> => whole.collector.api.events(agentId)
  const stickOf = (serial: string): Promise<Stick> =>
    makeStick(whole.folder, { name: serial, serial, fs: 'vfat', label: serial, sizeMiB: 32 })
  /** The image of a disk that is no stick, as a node that a device can be given. */
  async function diskNode(name: string): Promise<void> {
    const filename = join(whole.folder, `${name}.img`)
    await writeFile(filename, '')
    await truncate(filename, 32 * 1024 * 1024)
    await run('mkfs.ext4', ['-q', '-F', '-L', name, filename])
    const file = { driver: 'file', filename }
    await whole.machine.execute('blockdev-add', { driver: 'raw', 'node-name': name, file })
  }

  test('a file copied and the stick unmounted at once is copied; mounted again it brings no new files', async () => {
    const { machine, collector } = whole
    const stick = await stickOf('SNQUICK')
    await machine.plug(stick)
    const disk = await diskOf(machine, stick.serial)
    const mount = `mkdir -p /media/quick && mount -o utf8 /dev/${disk} /media/quick`
    await machine.must(mount)
    const isStick = ofMedium({ usbSerial: stick.serial })
    await until('the mount to be stored', 30_000, async () =>
      (await stored()).some(({ kind }) => kind === 'medium.mounted'),
    )
    await machine.must(
      'head -c 300000 /dev/urandom > /srv/quick && cp /srv/quick /media/quick/报告.doc && umount /media/quick',
    )
    const once = await incident(collector.api, 'the copy', isStick, ({ files }) => files?.copied === 1)
    expect(once.files).toMatchObject({ interrupted: 0, first: [{ path: '/media/quick/报告.doc', outcome: 'copied' }] })
    await machine.must(`${mount} && sync`)
    await machine.must('echo 二 > /media/quick/二.txt')
    const again = await incident(collector.api, 'the second copy', isStick, ({ files }) => (files?.copied ?? 0) > 1)
    await machine.must('umount /media/quick')
    await machine.unplug(stick)
    const ended = await incident(collector.api, 'it to be out', isStick, ({ endedBy }) => endedBy === 'removed')
    expect([again.files?.copied, ended.files?.copied, ended.files?.interrupted]).toEqual([2, 2, 0])
  })

  test('a stick put in again at once is another stay', async () => {
    const { machine, collector } = whole
    const stick = await stickOf('SNAGAIN')
    await machine.plug(stick)
    await diskOf(machine, stick.serial)
    const isStick = ofMedium({ usbSerial: stick.serial })
    await incident(collector.api, 'the first stay', isStick)
    await machine.unplug(stick)
    await machine.plug(stick)
    const stays = await until('both stays', 30_000, async () => {
      const found = (await collector.api.incidents()).filter(isStick)
      return found.length === 2 && found.some(({ endedBy }) => endedBy === 'removed') && found
    })
    expect(stays.filter(({ endedAt }) => endedAt === undefined)).toHaveLength(1)
    await machine.unplug(stick)
  })

  test('UAS is a medium, and so is a removable disk that is not USB', async () => {
    const { machine, collector } = whole
    await diskNode('UASDISK')
    await machine.execute('device_add', { driver: 'usb-uas', id: 'uas', bus: 'xhci.0' })
    await machine.execute('device_add', { driver: 'scsi-hd', bus: 'uas.0', 'scsi-id': 0, lun: 0, drive: 'UASDISK' })
    await machine.execute('qom-set', { path: '/machine/peripheral/uas', property: 'attached', value: true })
    // QEMU makes up the serial of a UAS device so.
    const uas = await incident(
      collector.api,
      'the UAS disk',
      ({ medium }) => medium?.usbSerial?.startsWith('27842') === true,
    )
    expect(uas).toMatchObject({ kind: 'stay', severity: 'high' })
    await diskNode('SCSIDISK')
    await machine.execute('device_add', {
      driver: 'scsi-hd',
      id: 'caddy',
      bus: 'scsi.0',
      drive: 'SCSIDISK',
      serial: 'SNSCSI',
      removable: true,
    })
    const caddy = await incident(collector.api, 'the removable disk', ofMedium({ label: 'SCSIDISK' }))
    expect(caddy).toMatchObject({ kind: 'stay', severity: 'high' })
    for (const id of ['uas', 'caddy']) await machine.execute('device_del', { id })
    for (const { id } of [uas, caddy])
      await incident(
        collector.api,
        'both to be out',
        (each) => each.id === id,
        ({ endedBy }) => endedBy === 'removed',
      )
  })

  test('a loop device is no medium', async () => {
    const { machine } = whole
    const before = (await stored()).length
    await machine.must(
      'truncate -s 20M /srv/loop && mkfs.vfat /srv/loop && mkdir -p /media/loop && modprobe loop && mount -o loop /srv/loop /media/loop && umount /media/loop',
    )
    const stick = await stickOf('SNAFTER') // what comes after it has been heard
    await machine.plug(stick)
    await incident(whole.collector.api, 'the stick after it', ofMedium({ usbSerial: 'SNAFTER' }))
    await machine.unplug(stick)
    const media = (await stored()).slice(before).filter(({ kind }) => kind.startsWith('medium.'))
    expect(new Set(media.map(({ medium }) => medium?.serial))).toEqual(new Set(['SNAFTER']))
  })

  test('a stick pulled while no agent ran is told as removed by the next one', async () => {
    const { machine, collector } = whole
    const stick = await stickOf('SNGONE')
    await machine.plug(stick)
    const isStick = ofMedium({ usbSerial: stick.serial })
    await incident(collector.api, 'the stick', isStick)
    await machine.must(`kill -9 ${agent.pid}`)
    await machine.unplug(stick)
    agent = await startAgent(machine, environment)
    const ended = await incident(collector.api, 'it to be out', isStick, ({ endedBy }) => endedBy === 'recovered')
    const timeline = await collector.api.timeline(ended.id)
    expect(kindsOf(timeline)).toEqual(['medium.connected', 'medium.removed'])
    expect(timeline[1]?.found).toBe('recovered')
  })

  test('without udev a stick is told all the same, with its label and its volume', async () => {
    const { machine, collector } = whole
    await machine.must('kill $(pidof systemd-udevd)')
    const stick = await stickOf('SNNOUDEV')
    await machine.plug(stick)
    const disk = await diskOf(machine, stick.serial)
    await machine.must(`mkdir -p /media/bare && mount -o utf8 /dev/${disk} /media/bare`)
    const isStick = ofMedium({ usbSerial: stick.serial })
    const found = await incident(collector.api, 'its label', isStick, ({ medium }) => medium?.label === 'SNNOUDEV')
    expect(found.medium?.fsUuid).toMatch(/^[0-9A-F]{4}-[0-9A-F]{4}$/)
  })
})

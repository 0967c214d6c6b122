import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing, openBrowser, signIn } from '../browser/browser.ts'
import { startAgent } from './guest-agent.ts'
import type { Image } from './image.ts'
import { type Machine, startMachine } from './machine.ts'
import { RigUnavailable } from './packages.ts'
import { makeStick } from './stick.ts'
import { until } from './until.ts'
import { diskOf, forwardsTo, incident, ofMedium, prepareRig, startWhole, type Whole } from './whole.ts'

/** Where the README's picture goes; without it this is no test, only a way to make the picture. */
const picture = process.env['SHOUMI_README_PICTURE']
const prepared = picture === undefined ? new RigUnavailable('no SHOUMI_README_PICTURE') : await prepareRig()
const office = { name: 'OFFICE-02', mac: '52:54:00:00:0a:02' }
const secret = { name: 'SECRET-02', mac: '52:54:00:00:0c:02' }
const register = `
endpoints:
  - { host: ${office.name}, macs: ['${office.mac}'], name: 窗口三号, level: internal, networkKind: intranet, department: 政务服务窗口, responsible: 李晓红, allowedNetworks: [10.0.9.0/24] }
  - { host: ${secret.name}, macs: ['${secret.mac}'], name: 机要一号, level: secret, networkKind: intranet, department: 机要室, responsible: 王建国, allowedNetworks: [10.0.9.0/24] }
`

describe.skipIf(prepared instanceof RigUnavailable || missing() !== undefined)('the README’s picture', () => {
  const parts = new AsyncDisposableStack()
  let whole: Whole
  let other: Machine

  beforeAll(async () => {
    whole = parts.use(await startWhole(prepared as Image, { ...office, register }))
    const { collector, machine } = whole
    other = parts.use(await startMachine(prepared as Image, { ...secret, forwards: forwardsTo(collector) }))
    await startAgent(machine, await collector.token('政务服务窗口', 'internal'))
    await startAgent(other, await collector.token('机要室', 'secret'))
    await until('both endpoints to be confirmed', 240_000, async () => {
      const endpoints = await collector.api.endpoints()
      return (
        endpoints.filter(({ status, registerVersion }) => status === 'confirmed' && registerVersion > 0).length === 2
      )
    })
  })
  afterAll(() => parts.disposeAsync())

  async function copyTo(
    machine: Machine,
    stick: { serial: string; label: string },
    files: Record<string, number>,
  ): Promise<void> {
    const made = await makeStick(whole.folder, { ...stick, name: stick.serial, fs: 'vfat', sizeMiB: 64 })
    await machine.plug(made)
    const disk = await diskOf(machine, stick.serial)
    await machine.must(`mkdir -p /media/usb && mount -o utf8 /dev/${disk} /media/usb`)
    for (const [name, bytes] of Object.entries(files))
      await machine.must(`head -c ${bytes} /dev/urandom > /media/usb/${name}`)
    const count = Object.keys(files).length
    await incident(
      whole.collector.api,
      'the copies',
      ofMedium({ usbSerial: stick.serial }),
      (each) => each.files?.copied === count,
    )
    if (machine !== other) return
    await machine.must('umount /media/usb')
    await machine.unplug(made)
  }

  test('shows what two machines really did', async () => {
    const { collector, machine } = whole
    await copyTo(
      other,
      { serial: '4C530001230912', label: 'PRIVATE' },
      { '涉密人员名单.docx': 49_764, '信访件转办单.pdf': 1_203_311 },
    )
    await other.plug({ kind: 'network-adapter', mac: '40:54:00:77:00:02' })
    const link = await until('the adapter', 30_000, async () => {
      const { stdout } = await other.sh(`grep -l '40:54:00:77:00:02' /sys/class/net/*/address | cut -d/ -f5`)
      return stdout.trim() || undefined
    })
    await other.must(
      `ip link set ${link} up && ip addr add 192.168.43.17/24 dev ${link} && ip route add default via 192.168.43.1 dev ${link}`,
    )
    await copyTo(
      machine,
      { serial: '60A44C3FAC22B1', label: 'KINGSTON' },
      { '群众来访登记表.xlsx': 88_064, '办件统计.xlsx': 53_452 },
    )
    await until('all three incidents', 60_000, async () => (await collector.api.incidents()).length === 3)
    await using browser = await openBrowser(collector.consoleUrl)
    await signIn(browser.page, collector.password)
    await browser.page.getByText('办件统计.xlsx').waitFor()
    await browser.page.screenshot({ path: resolve(picture ?? '') })
    expect(browser.complaints).toEqual([])
  })
})

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { Libc, Received } from '#agent/platform/linux/libc.ts'
import { machineOf } from '#agent/platform/linux/machine.ts'
import { attribute, ifinfo, message, u32 } from '../../../support/netlink-bytes.ts'
import { folderOfTest } from '../../../support/folder-of-test.ts'

let root = ''
beforeEach(() => void (root = folderOfTest()))

function file(path: string, text: string): void {
  mkdirSync(dirname(root + path), { recursive: true })
  writeFileSync(root + path, `${text}\n`)
}
function face(name: string, index: number, device: string | undefined, address: string, assigned = '0'): void {
  const folder = `/sys/class/net/${name}`
  file(`${folder}/ifindex`, String(index))
  file(`${folder}/address`, address)
  file(`${folder}/addr_assign_type`, assigned)
  if (device === undefined) return
  mkdirSync(root + device, { recursive: true })
  symlinkSync(root + device, `${root}${folder}/device`)
}
/** A kernel that says of one interface, by number, its permanent address. */
function kernel(index: number, permanent: string): Libc {
  const answers: Received[] = [
    message(16, 2, 1, ifinfo(index, 1), attribute(3, Buffer.from('x\0')), attribute(54, Buffer.from(permanent, 'hex'))),
    message(3, 2, 1, u32(0)),
  ].map((bytes) => ({ outcome: 'message', bytes }))
  const socket = {
    fd: 1,
    send: () => undefined,
    close: () => undefined,
    receive: (): Received => answers.shift() ?? { outcome: 'empty' },
  }
  return { openNetlink: () => socket } as Partial<Libc> as Libc
}
const silent = {
  openNetlink: () => {
    throw new Error('EPERM')
  },
} as Partial<Libc> as Libc
const uuidOf = async (text: string): Promise<string | undefined> => {
  file('/sys/class/dmi/id/product_uuid', text)
  return (await machineOf(root, silent)).uuid
}

test.for([
  ['4C4C4544-0042-4B10-8051-B4C04F4D3332', '4c4c4544-0042-4b10-8051-b4c04f4d3332'],
  ['00000000-0000-0000-0000-000000000000', undefined],
  ['FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF', undefined],
  ['03000200-0400-0500-0006-000700080009', undefined],
  ['Not Settable', undefined],
] as const)('the product UUID %s is known as %s', async ([text, uuid]) => {
  expect(await uuidOf(text)).toBe(uuid)
})

test('the permanent addresses of built-in cards alone, and what was set by hand is not theirs', async () => {
  const pci = '/sys/devices/pci0000:00/0000:00:1f.6'
  face('eth0', 2, pci, '02:00:00:00:00:99', '3')
  face('eth1', 3, '/sys/devices/platform/soc/fe300000.ethernet', '00:e0:4c:68:00:03')
  face('eth2', 4, '/sys/devices/pci0000:00/0000:00:1f.7', '02:00:00:00:00:98', '3')
  face('usb0', 5, '/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0', '00:e0:4c:68:00:05')
  face('br0', 6, undefined, '00:e0:4c:68:00:06')
  const machine = await machineOf(root, kernel(2, '00e04c680002'))
  expect(machine).toEqual({ macs: ['00:e0:4c:68:00:02', '00:e0:4c:68:00:03'] })
})

test('where nothing is known, nothing is said', async () => {
  expect(await machineOf(root, silent)).toEqual({})
})

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { readCards, type Cards } from '#agent/platform/linux/cards.ts'
import { folderOfTest } from '../../../support/folder-of-test.ts'

const boot = '44444444-4444-4444-8444-444444444444'
const otherBoot = '55555555-5555-4555-8555-555555555555'
const usbPort = '/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2.4'
const pci = '/sys/devices/pci0000:00/0000:00:1f.6'

let root = ''
beforeEach(() => {
  root = folderOfTest()
  link('/proc/self/ns/net', 'net:[4026531840]')
})

function file(path: string, text: string): void {
  mkdirSync(dirname(root + path), { recursive: true })
  writeFileSync(root + path, `${text}\n`)
}
function link(path: string, target: string): void {
  mkdirSync(dirname(root + path), { recursive: true })
  symlinkSync(target, root + path)
}
/** An interface in sysfs, on a device or on none. */
function face(name: string, index: number, device?: string, attributes: Record<string, string> = {}): void {
  file(`/sys/class/net/${name}/ifindex`, String(index))
  for (const [attribute, text] of Object.entries(attributes)) file(`/sys/class/net/${name}/${attribute}`, text)
  if (device === undefined) return
  mkdirSync(root + device, { recursive: true })
  link(`/sys/class/net/${name}/device`, root + device)
}
function usb(port: string, serial?: string): string {
  file(`${port}/idVendor`, '0bda')
  file(`${port}/idProduct`, '8153')
  if (serial !== undefined) file(`${port}/serial`, serial)
  return `${port}/${port.split('/').at(-1)}:1.0`
}
const cards = (ofBoot = boot, nameNow: (index: number) => string | undefined = () => undefined): Cards =>
  readCards({ root, boot: ofBoot, nameNow })
const permanent = '00:e0:4c:68:00:01'

describe('the name of a network card', () => {
  test('of a USB card with a serial: the same in any boot and by any name, another at another port', () => {
    face('eth1', 3, usb(usbPort, '000001'))
    const card = cards().cardOf({ index: 3, name: 'eth1', permanent })
    expect(card).toMatch(/^[0-9a-f]{32}$/)
    // The bus got another number, and the card another address.
    face('enx1', 9, usb(usbPort.replace('usb1/1-2/1-2.4', 'usb3/3-2/3-2.4'), '000001'))
    expect(cards(otherBoot).cardOf({ index: 9, name: 'enx1' })).toBe(card)
    face('enx2', 10, usb(usbPort.replace('usb1/1-2/1-2.4', 'usb1/1-2/1-2.3'), '000001'))
    expect(cards().cardOf({ index: 10, name: 'enx2' })).not.toBe(card)
    face('enx3', 11, usb(usbPort.replace('1-2/1-2.4', '1-7/1-7.4'), '000002'))
    expect(cards().cardOf({ index: 11, name: 'enx3' })).not.toBe(card)
  })

  test('else from the permanent address and the bus path: an address that was set changes nothing', () => {
    face('eth0', 2, pci, { addr_assign_type: '3', address: '02:00:00:00:00:01' })
    const card = cards().cardOf({ index: 2, name: 'eth0', permanent })
    expect(cards(otherBoot).cardOf({ index: 2, name: 'eth0', permanent })).toBe(card)
    expect(cards().cardOf({ index: 2, name: 'eth0', permanent: '00:e0:4c:68:00:02' })).not.toBe(card)
    expect(cards().cardOf({ index: 2, name: 'eth0' })).not.toBe(card)
  })

  test.for([
    ['is taken from sysfs where the kernel does not say it', '0', '00:e0:4c:68:00:01', true],
    ['not where somebody set it', '3', '00:e0:4c:68:00:01', false],
    ['not that of a tunnel, which is the address of its end', '0', '0a:00:00:01', false],
    ['not one of zeros', '0', '00:00:00:00:00:00', false],
  ] as const)('the permanent address %s', ([, addr_assign_type, address, counts]) => {
    face('x0', 5, undefined, { addr_assign_type, address })
    const said = cards().cardOf({ index: 5, name: 'x0', permanent: '00:e0:4c:68:00:01' })
    const read = cards().cardOf({ index: 5, name: 'x0' })
    expect(read === said).toBe(counts)
    expect(cards(otherBoot).cardOf({ index: 5, name: 'x0' }) === read).toBe(counts)
  })

  test('where there is neither, from boot, namespace and number', () => {
    face('br0', 7, undefined, { addr_assign_type: '1', address: '02:00:00:00:00:01' })
    const card = cards().cardOf({ index: 7, name: 'br0' })
    expect(cards().cardOf({ index: 7, name: 'br0' })).toBe(card)
    expect(cards(otherBoot).cardOf({ index: 7, name: 'br0' })).not.toBe(card)
    expect(cards().cardOf({ index: 8, name: 'br0' })).not.toBe(card)
  })

  test('is the same where the interface was renamed before its message was read, or while it was looked at', () => {
    face('enx1', 3, usb(usbPort))
    const card = cards().cardOf({ index: 3, name: 'enx1', permanent })
    expect(cards(boot, () => 'enx1').cardOf({ index: 3, name: 'eth0', permanent })).toBe(card)
    const names = ['eth1', 'enx1', 'enx1']
    expect(cards(boot, () => names.shift()).cardOf({ index: 3, name: 'eth0', permanent })).toBe(card)
    // One that is renamed for ever is not waited for.
    let turn = 0
    const renamed = cards(boot, () => `eth${turn++}`).cardOf({ index: 3, name: 'eth0', permanent })
    expect(renamed).not.toBe(card)
  })

  test('is read once, and goes with its interface', () => {
    face('eth0', 2, pci)
    const known = cards()
    const card = known.cardOf({ index: 2, name: 'eth0', permanent })
    rmSync(root, { recursive: true })
    expect(known.cardOf({ index: 2, name: 'lan0', permanent })).toBe(card)
    known.forget(2)
    expect(known.cardOf({ index: 2, name: 'lan0', permanent })).not.toBe(card)
  })

  test('two interfaces of one radio are told apart, alike in each run', () => {
    face('wlan0', 2, pci)
    face('mon0', 6, pci)
    const both = (known: Cards): string[] => [
      known.cardOf({ index: 2, name: 'wlan0', permanent }),
      known.cardOf({ index: 6, name: 'mon0', permanent }),
    ]
    const [first, second] = both(cards())
    expect(first).not.toBe(second)
    expect(both(cards())).toEqual([first, second])
  })

  test('what sysfs shows of another network namespace is not taken for it', () => {
    face('eth0', 2, pci)
    const here = cards().cardOf({ index: 2, name: 'eth0' })
    expect(cards().cardOf({ index: 4, name: 'eth0' })).not.toBe(here)
    expect(cards(otherBoot).cardOf({ index: 2, name: 'eth0' })).toBe(here)
  })
})

import { expect, test } from 'vitest'
import { passingMedia } from '#agent/platform/linux/passing-media.ts'
import type { Uevent } from '#agent/platform/linux/uevent.ts'

const uevent = (action: string, devpath: string, values: Record<string, string>): Uevent => ({
  action,
  devpath,
  values: new Map(Object.entries(values)),
})
const PORT = '/devices/usb2/2-1'
/** The device, then its interfaces. */
const comes = (address: number, ...interfaces: string[]): Uevent[] => [
  uevent('add', PORT, { DEVTYPE: 'usb_device', DEVNUM: `00${address}`, PRODUCT: '46f4/1/0', SEQNUM: `${address}` }),
  ...interfaces.map((each, i) =>
    uevent('add', `${PORT}/2-1:1.${i}`, { DEVTYPE: 'usb_interface', INTERFACE: each, PRODUCT: '46f4/1/0' }),
  ),
]
const goes = (address: number): Uevent =>
  uevent('remove', PORT, { DEVTYPE: 'usb_device', DEVNUM: String(address).padStart(3, '0') })
const seen = (address: number) => [{ path: `/sys${PORT}`, address }]
const start = () => passingMedia({ boot: 'b', wall: () => 5 })

const STORAGE = '8/6/80'

test('what came and went unseen is told once, by what the kernel said', () => {
  const passing = start()
  for (const each of [...comes(2, STORAGE), goes(2)]) passing.announce(each)
  const about = {
    bus: 'usb',
    interfaces: ['080650'],
    path: `/sys${PORT}`,
    medium: { vid: '46f4', pid: '0001' },
    since: 5,
  }
  expect(passing.missed([])).toMatchObject([about])
  expect(passing.missed([])).toEqual([])
})

test('what was seen while it was there is not', () => {
  const passing = start()
  for (const each of comes(2, STORAGE)) passing.announce(each)
  expect(passing.missed(seen(2))).toEqual([])
  passing.announce(goes(2))
  expect(passing.missed([])).toEqual([])
})

test('what went during the look that saw it is not, what comes after it in the same port is another', () => {
  const passing = start()
  for (const each of [...comes(2, STORAGE), goes(2), ...comes(3, STORAGE)]) passing.announce(each)
  expect(passing.missed(seen(2))).toEqual([])
  for (const each of [goes(3), ...comes(4, STORAGE)]) passing.announce(each)
  expect(passing.missed(seen(4))).toHaveLength(1)
})

test('two stays in one port are two plugs', () => {
  const passing = start()
  for (const each of [...comes(2, STORAGE), goes(2), ...comes(3, STORAGE), goes(3)]) passing.announce(each)
  const [first, second] = passing.missed([])
  expect(second).toBeDefined()
  expect(first?.plug).not.toBe(second?.plug)
})

test('two storage interfaces are one medium; a keyboard or nonsense is none', () => {
  const passing = start()
  for (const each of [...comes(2, '3/1/1', STORAGE, '8/6/98'), goes(2)]) passing.announce(each)
  expect(passing.missed([]).map(({ interfaces }) => interfaces)).toEqual([['080650', '080662']])
  for (const each of [...comes(3, '3/1/1', '8/x', '', '8/6/80/1'), goes(3)]) passing.announce(each)
  expect(passing.missed([])).toEqual([])
})

test('however many are announced, only so many are kept', () => {
  const passing = start()
  for (let i = 0; i < 1_000; i++) for (const each of comes(2, STORAGE)) passing.announce(each)
  passing.announce(goes(2))
  expect(passing.missed([])).toHaveLength(256)
})

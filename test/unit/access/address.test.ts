import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressKey } from '#collector/access/address.ts'

test.for([
  ['10.1.2.3', '10.1.2.3'],
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['unknown', 'unknown'],
] as const)('%s is counted as %s', ([address, key]) => expect(addressKey(address)).toBe(key))

test('it is the same for every host of an IPv6 network, and never that of another', () => {
  const group = fc.integer({ min: 1, max: 0xffff })
  fc.assert(
    fc.property(
      fc.array(group, { minLength: 8, maxLength: 8 }),
      fc.array(group, { minLength: 4, maxLength: 4 }),
      (all, host) => {
        const text = (groups: number[]): string => groups.map((each) => each.toString(16)).join(':')
        const other = [(all[0] ?? 0) === 1 ? 2 : 1, ...all.slice(1)]
        expect(addressKey(text([...all.slice(0, 4), ...host]))).toBe(addressKey(text(all)))
        expect(addressKey(text(other))).not.toBe(addressKey(text(all)))
      },
    ),
  )
})

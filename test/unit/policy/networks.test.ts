import { expect, test } from 'vitest'
import { faultOfNetwork, inNetworks, isNetwork } from '#shared/policy/networks.ts'

test.each([
  '10.0.2.0/24',
  '0.0.0.0/0',
  '10.0.2.7/32',
  '255.255.255.255/32',
  'fd00:1::/64',
  'FD00:1::/64',
  'fe80::/10',
  '::/0',
  '2001:db8:0:0:0:0:0:1/128',
])('%s is a network', (text) => expect(faultOfNetwork(text)).toBeUndefined())

test.each([
  ['no length', '10.0.0.0', /a slash and a length/],
  ['no number as length', '10.0.0.0/', /a slash and a length/],
  ['two lengths', '10.0.0.0/8/8', /a slash and a length/],
  ['a mask', '10.0.0.0/255.0.0.0', /a slash and a length/],
  ['a length with a leading zero', '10.0.0.0/08', /a slash and a length/],
  ['a length with a sign', '10.0.0.0/+8', /a slash and a length/],
  ['a length with a blank', '10.0.0.0/ 8', /a slash and a length/],
  ['too long a length', '10.0.0.0/33', /up to 32/],
  ['too long a length of IPv6', 'fd00::/129', /up to 32/],
  ['three octets', '10.0.2/24', /four decimal numbers/],
  ['one number', '167772160/8', /four decimal numbers/],
  ['an octal octet', '010.0.0.0/8', /four decimal numbers/],
  ['a hexadecimal octet', '0x0a.0.0.0/8', /four decimal numbers/],
  ['an octet above 255', '10.0.256.0/24', /four decimal numbers/],
  ['a blank before', ' 10.0.0.0/8', /four decimal numbers/],
  ['digits that are not ASCII', '１0.0.0.0/8', /four decimal numbers/],
  ['a name', 'office/24', /four decimal numbers/],
  ['mapped, dotted', '::ffff:10.0.2.0/120', /dressed as IPv6/],
  ['mapped, in hexadecimal', '::ffff:a00:200/120', /dressed as IPv6/],
  ['a scope', 'fe80::%eth0/64', /scope/],
  ['too many colons', 'fd00:::/64', /four decimal numbers/],
  ['bits beyond its length', '10.0.2.5/24', /expected 10\.0\.2\.0\/24/],
  ['bits beyond its length, IPv6', 'fd00::1/64', /expected fd00::\/64/],
  ['nothing', '', /a slash and a length/],
])('no network: %s', (_, text, fault) => {
  expect(faultOfNetwork(text)).toMatch(fault)
  expect(isNetwork(text)).toBe(false)
})

test('what is no network holds no address', () => {
  expect(inNetworks('10.0.2.1', ['10.0.2.9/24', '010.0.2.0/24', 'no network'])).toBe(false)
  expect(inNetworks('10.0.2.1', ['10.0.2.9/24', '10.0.2.0/24'])).toBe(true)
})

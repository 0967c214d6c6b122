/** Addresses and the networks that an endpoint may touch: CIDR (RFC 4632 §3.1, RFC 4291 §2.3), in one spelling only, for
 *  `010.0.0.1` is another address to every second program. */
import ipaddr from 'ipaddr.js'

const OCTET = '(?:0|[1-9][0-9]{0,2})'
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)
const IPV6 = /^[0-9a-fA-F]*:[0-9a-fA-F:]*$/
const PREFIX = /^(?:0|[1-9][0-9]{0,2})$/

/** What is wrong with a network, in words; undefined: nothing. */
export function faultOfNetwork(text: string): string | undefined {
  const [base = '', prefix = '', ...rest] = text.split('/')
  if (rest.length > 0 || !PREFIX.test(prefix)) return 'expected an address, a slash and a length, such as 10.0.2.0/24'
  if (base.includes('%')) return 'expected a network without the scope after %'
  if (base.includes(':') && base.includes('.')) return 'expected a network of IPv4 as such, not dressed as IPv6'
  if (!(IPV4.test(base) || IPV6.test(base)) || !ipaddr.isValid(base))
    return 'expected four decimal numbers up to 255 without leading zeros, such as 10.0.2.0/24, or IPv6 such as fd00:1::/64'
  const parsed = ipaddr.parse(base)
  if (Number(prefix) > (parsed.kind() === 'ipv4' ? 32 : 128)) return 'expected a length up to 32 for IPv4, 128 for IPv6'
  if (parsed.range() === 'ipv4Mapped') return 'expected a network of IPv4 as such, not dressed as IPv6'
  const family = parsed.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6
  const network = family.networkAddressFromCIDR(text).toString()
  if (parsed.toString() !== network) return `has bits beyond its length (expected ${network}/${prefix}?)`
  return undefined
}

export const isNetwork = (text: string): boolean => faultOfNetwork(text) === undefined

/** True where one of the networks holds the address. A scope (`%eth0`) does not count; no address is in no network. */
export function inNetworks(address: string, networks: readonly string[]): boolean {
  const plain = address.split('%')[0] ?? ''
  if (!ipaddr.isValid(plain)) return false
  const parsed = ipaddr.process(plain) // an IPv4 address dressed as IPv6 counts as what it is
  return networks.filter(isNetwork).some((network) => {
    const [base, prefix] = ipaddr.parseCIDR(network)
    return base.kind() === parsed.kind() && parsed.match(base, prefix)
  })
}

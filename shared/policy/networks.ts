/** Addresses and the networks that an endpoint may touch, in CIDR notation (RFC 4632, RFC 4291). */
import ipaddr from 'ipaddr.js'

export const isNetwork = (text: string): boolean => ipaddr.isValidCIDR(text)

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

import type { Observation } from '#shared/event/event.ts'
import { inNetworks } from '../networks.ts'
import type { Check } from './check.ts'

/** An address or a default gateway outside the endpoint's allowed networks. A default route without a gateway leads out
 *  by itself. While nobody has said which networks are allowed (a pending endpoint), nothing is judged. */
export const networkForeign: Check = {
  name: 'network-foreign',
  judges: ['net.address', 'net.route-changed'],
  judge: (observation, { endpoint: { allowedNetworks } }) =>
    allowedNetworks !== undefined && leadsOut(observation, allowedNetworks) ? 'broken' : 'not',
}

function leadsOut({ kind, detail, subject: { address, route } }: Observation, allowed: readonly string[]): boolean {
  if (kind !== 'net.address' && kind !== 'net.route-changed') return false
  if (detail.change === 'removed') return false
  if (address !== undefined) return !inNetworks(address.address, allowed)
  if (route === undefined) return false
  const gateways = [route, ...(route.nexthops ?? [])].flatMap(({ gateway }) => gateway ?? [])
  return gateways.length === 0 || gateways.some((gateway) => !inNetworks(gateway, allowed))
}

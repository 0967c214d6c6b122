import { inNetworks } from '../networks.ts'
import type { Check } from './check.ts'

/** An address or a default gateway outside the endpoint's allowed networks. A default route without a gateway leads out
 *  by itself. While nobody has said which networks are allowed (a pending endpoint), nothing is judged. */
export const networkForeign: Check = {
  name: 'network-foreign',
  judges: ['net.address', 'net.route-changed'],
  broken({ kind, detail, subject: { address, route } }, { endpoint: { allowedNetworks } }) {
    if (allowedNetworks === undefined) return false
    if (kind !== 'net.address' && kind !== 'net.route-changed') return false
    if (detail.change === 'removed') return false
    if (address !== undefined) return !inNetworks(address.address, allowedNetworks)
    return route !== undefined && (route.gateway === undefined || !inNetworks(route.gateway, allowedNetworks))
  },
}

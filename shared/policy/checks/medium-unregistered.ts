import { approvalFor, recognise } from '../register.ts'
import type { Check } from './check.ts'

/** A medium that the ledger does not have, unless an approval names it. On a classified endpoint none can
 *  (CONTRACTS §7: ×); the rule says so by `approvable: false`. */
export const mediumUnregistered: Check = {
  name: 'medium-unregistered',
  judges: ['medium.connected', 'medium.mounted'],
  parameters: { approvable: [true, false] },
  broken({ subject: { medium } }, { register, trusted }, { approvable = true }) {
    if (medium === undefined || recognise(register, medium).status === 'registered') return false
    return approvable !== true || approvalFor(register, { medium, allows: 'use', trusted }) === undefined
  },
}

import { recognise, unlessApproved } from '../register.ts'
import type { Check } from './check.ts'

/** A medium that the ledger does not have, unless an approval names it. On a classified endpoint none can; the rule says
 *  so by `approvable: false`. */
export const mediumUnregistered: Check = {
  name: 'medium-unregistered',
  judges: ['medium.connected', 'medium.mounted'],
  parameters: { approvable: [true, false] },
  judge({ subject: { medium } }, known, { approvable = true }) {
    if (medium === undefined || recognise(known.media, medium).status === 'registered') return 'not'
    return approvable === true ? unlessApproved(known, { medium, allows: 'use' }) : 'broken'
  },
}

import type { Check } from './check.ts'

/** Any carrier at all: for endpoints that stand alone. */
export const networkCarrier: Check = {
  name: 'network-carrier',
  judges: ['net.link-up'],
  judge: () => 'broken',
}

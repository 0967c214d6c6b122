/** How an endpoint is, as far as is known: no news is unknown, never well. */
import type { EndpointView } from '../shapes.ts'

export const connections = ['connected', 'away', 'never'] as const
export type Connection = (typeof connections)[number]
/** `unwell` also as it was when it was last heard; `unknown`: nothing is heard that says more. */
export const healths = ['unwell', 'unknown', 'well'] as const
export type Health = (typeof healths)[number]

export const connectionOf = ({ connectedSince, lastSeenAt }: EndpointView): Connection =>
  connectedSince !== undefined ? 'connected' : lastSeenAt !== undefined ? 'away' : 'never'

/** A low condition is worth knowing, and nothing that somebody has to look after. */
export function healthOf(endpoint: EndpointView): Health {
  if (connectionOf(endpoint) === 'never') return 'unknown'
  if (endpoint.conditions.some(({ severity }) => severity !== 'low')) return 'unwell'
  return connectionOf(endpoint) === 'connected' ? 'well' : 'unknown'
}

/** A stored event → what the API shows of it: the parts that people read, flat. The line itself is evidence and goes out
 *  with its proof, not here. */
import { severityOf, type Event, type Subject } from '#shared/event/event.ts'
import type { Detail } from '#shared/event/kinds.ts'
import { isLate } from '#collector/incidents/correlate/incident.ts'
import type { TimelineEntry } from '#collector/incidents/timeline.ts'
import type { EventView } from './shapes/event.ts'

export function eventView(entry: TimelineEntry): EventView {
  const { event, id, agent, epoch, index, at, unverified, between, receivedAt } = entry
  const severity = severityOf(event)
  return {
    id,
    agent,
    epoch,
    index,
    at,
    unverified,
    ...(between && { between }),
    receivedAt,
    receivedLate: isLate({ at, receivedAt }),
    kind: event.kind,
    found: event.found,
    ...(severity && { severity }),
    rules: event.verdicts.map(({ rule }) => rule),
    ...(event.approvals && { approvals: [...event.approvals] }),
    ...subjectView(event),
    ...detailView(event),
  }
}

function subjectView({ subject, actor }: Event): Partial<EventView> {
  const { medium, volume, file, interface: link, address, route } = subject
  return {
    ...(medium && { medium: mediumView(medium) }),
    ...(volume && { volume }),
    ...(file && { file }),
    ...(link && { interface: link.name }),
    ...(address && { address: `${address.address}/${address.prefix}` }),
    ...(route && { route: routeText(route) }),
    ...(actor?.user !== undefined && { actor: actor.user }),
  }
}

/** `0.0.0.0/0 via 10.9.9.1 metric 100` */
function routeText({ destination, gateway, metric, nexthops = [] }: NonNullable<Subject['route']>): string {
  const gateways = [gateway, ...nexthops.map((hop) => hop.gateway)].filter((one) => one !== undefined)
  const via = gateways.map((one) => ` via ${one}`).join('')
  return `${destination}${via}${metric === undefined ? '' : ` metric ${metric}`}`
}

function mediumView({ level, usbSerial, diskSerial, ...medium }: NonNullable<Subject['medium']>) {
  const serial = usbSerial ?? diskSerial
  return { ...medium, ...(level !== undefined && { level }), ...(serial !== undefined && { serial }) }
}

function startedView({ host, version, platform, previous }: Detail<'agent.started'>): Partial<EventView> {
  if (previous === undefined) return { text: `${host}, ${version}, ${platform}` }
  const { epoch, size, ended } = previous
  return { text: `${host}, ${version}, ${platform}`, previous: { epoch, size, ended } }
}

const isThere = (part: string | number | undefined): boolean => part !== undefined

function detailView(event: Event): Partial<EventView> {
  switch (event.kind) {
    case 'medium.mounted':
      return event.detail.remount === undefined ? {} : { remount: event.detail.remount }
    case 'file.copied':
      return { count: event.detail.count }
    case 'file.copy-interrupted':
    case 'agent.stopped':
      return { reason: event.detail.reason }
    case 'file.identified': {
      const { sha256, why } = event.detail
      return { ...(sha256 !== undefined && { sha256 }), ...(why !== undefined && { reason: why }) }
    }
    case 'net.address':
    case 'net.route-changed':
      return { change: event.detail.change }
    case 'net.link-down':
      return event.detail.gone ? { reason: 'gone' } : {}
    case 'policy.applied':
      return { text: [event.detail.document, event.detail.part, event.detail.version].filter(isThere).join(' ') }
    case 'agent.started':
      return startedView(event.detail)
    case 'agent.enrolled':
      return { text: event.detail.collector, reason: event.detail.status }
    case 'agent.gap': {
      const { reason, source, count } = event.detail
      return { reason, text: source, ...(count !== undefined && { count }) }
    }
    case 'agent.coverage':
      return { text: `${event.detail.sensor}: ${event.detail.state}`, reason: event.detail.code ?? event.detail.state }
    case 'key.made':
      return { text: event.detail.key }
    case 'medium.connected':
    case 'medium.unmounted':
    case 'medium.removed':
    case 'file.copy-started':
    case 'net.link-up':
      break
  }
  return {} // their subjects say all
}

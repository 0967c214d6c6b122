/** A stored event → what the API shows of it: the parts that people read, flat. The line itself is evidence and goes out
 *  with its proof, not here. */
import { severityOf, type Event, type Subject } from '#shared/event/event.ts'
import type { Detail } from '#shared/event/kinds.ts'
import { isLate } from '#collector/incidents/correlate/incident.ts'
import type { TimelineEntry } from '#collector/incidents/timeline.ts'
import type { EventView } from './shapes/event.ts'

export function eventView({ event, id, agent, epoch, index, at, receivedAt }: TimelineEntry): EventView {
  const severity = severityOf(event)
  return {
    id,
    agent,
    epoch,
    index,
    at,
    receivedAt,
    receivedLate: isLate({ at, receivedAt }),
    kind: event.kind,
    found: event.found,
    ...(severity && { severity }),
    rules: event.verdicts.map(({ rule }) => rule),
    ...subjectView(event),
    ...detailView(event),
  }
}

function subjectView({ subject, actor }: Event): Partial<EventView> {
  const { medium, volume, file, interface: link, address, route } = subject
  const via = route?.gateway === undefined ? '' : ` via ${route.gateway}`
  return {
    ...(medium && { medium: mediumView(medium) }),
    ...(volume && { volume }),
    ...(file && { file }),
    ...(link && { interface: link.name }),
    ...(address && { address: `${address.address}/${address.prefix}` }),
    ...(route && { route: `${route.destination}${via}` }),
    ...(actor?.user !== undefined && { actor: actor.user }),
  }
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
      return { text: `${event.detail.document} ${event.detail.version}` }
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

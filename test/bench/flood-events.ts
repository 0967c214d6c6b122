/** Lines of agents at their worst, and of one that boots: each a log of its own from index 0 on. */
import { encodeEvent, type Event } from '#shared/event/event.ts'
import { rfc3339 } from '#shared/vocabulary/clock.ts'

const BOOT = '44444444-4444-4444-8444-444444444444'
const verdict = { rule: 'foreign-network', policyVersion: 1, severity: 'critical', clause: 'law-31-1' } as const
const link = { index: 2, name: 'eth0', type: 'ethernet', card: '2'.repeat(32) }

const encode = (index: number, parts: Partial<Event> & { kind: Event['kind'] }): string => {
  const at = rfc3339(Date.UTC(2026, 0, 5) + index, 0)
  const stamps = { v: 1, salt: index.toString(16).padStart(32, '0'), at, mono: 60_000 + index, boot: BOOT, trusted: at }
  const line = encodeEvent({
    ...stamps,
    skew: 0,
    found: 'live',
    subject: {},
    verdicts: [],
    detail: {},
    ...parts,
  } as Event)
  if (line === undefined) throw new Error(`No event: ${parts.kind}`)
  return line
}

const started = (index: number): string =>
  encode(index, { kind: 'agent.started', detail: { version: '0.1.0', host: 'bench', platform: 'linux' } })

const address = { family: 'ipv4', address: '10.9.9.9', prefix: 24 } as const

/** A cable that flaps: up, a foreign address, gone, down, over and over. */
export const flapping = (index: number): string => {
  if (index === 0) return started(index)
  switch (index % 4) {
    case 1:
      return encode(index, { kind: 'net.link-up', subject: { interface: link } })
    case 2:
      return encode(index, {
        kind: 'net.address',
        subject: { interface: link, address },
        verdicts: [verdict],
        detail: { change: 'added' },
      })
    case 3:
      return encode(index, {
        kind: 'net.address',
        subject: { interface: link, address },
        detail: { change: 'removed' },
      })
    default:
      return encode(index, { kind: 'net.link-down', subject: { interface: link }, detail: { gone: false } })
  }
}

/** Ever new media that are never pulled. */
export const openStays = (index: number): string =>
  index === 0
    ? started(index)
    : encode(index, {
        kind: 'medium.connected',
        subject: {
          plug: index.toString(16).padStart(32, 'b'),
          medium: { key: `k${index}`, usbSerial: `S${index}`, score: 0, status: 'unregistered' },
        },
        verdicts: [{ ...verdict, rule: 'unregistered-medium' }],
        detail: { bus: 'usb' },
      })

/** What a workstation says as it boots. */
export const boots = (index: number): string =>
  index === 0
    ? started(index)
    : encode(index, {
        kind: 'net.address',
        subject: { interface: { ...link, index: 2 + (index % 3), card: String(index % 3).repeat(32) }, address },
        verdicts: index % 3 === 0 ? [verdict] : [],
        detail: { change: 'added' },
      })

/** Events for tests: whole and valid, with what a test cares for put in. */
import { parseEvent, type Event, type Verdict } from '#shared/event/event.ts'
import { rfc3339 } from '#shared/vocabulary/clock.ts'

export const boot = '44444444-4444-4444-8444-444444444444'
/** 2026-01-05 01:00 UTC. */
export const start = Date.UTC(2026, 0, 5, 1)

export const verdict = (over: Partial<Verdict> = {}): Verdict => ({
  rule: 'unregistered-medium',
  policyVersion: 1,
  severity: 'high',
  clause: 'mb-4.2-5',
  ...over,
})

const medium = {
  key: 'usb:46f4:0001:SN0001AB',
  usbSerial: 'SN0001AB',
  vid: '46f4',
  pid: '0001',
  score: 0,
  status: 'unregistered',
} as const
const brief = { key: medium.key, status: medium.status } as const
const plug = '0123456789abcdef0123456789abcdef'

/** An event of that wall time, with what `parts` says and nothing else; checked to be one that would be understood. */
export function wholeEvent(kind: string, wall: number, parts: Record<string, unknown>): Event {
  const value = {
    v: 1,
    salt: '0a'.repeat(16),
    at: rfc3339(wall, 480),
    boot,
    kind,
    found: 'live',
    subject: {},
    verdicts: [],
    detail: {},
    ...parts,
  }
  const parsed = parseEvent(JSON.stringify(value))
  if (!parsed.ok) throw new Error(`${kind}: ${parsed.reason}`)
  return parsed.event
}

/** `ms` after the start. */
export const event = (kind: string, ms: number, parts: Record<string, unknown> = {}): Event =>
  wholeEvent(kind, start + ms, { mono: 1_000_000 + ms, ...parts })

/** A stay from plugging to pulling, a copy in it, one broken off. */
export function stayEvents(of: { plug?: string; verdicts?: Verdict[] } = {}): Event[] {
  const { plug: stay = plug, verdicts = [verdict()] } = of
  const volume = { device: '/dev/sda1', fs: 'vfat', readOnly: false, mountPoint: '/media/stick' }
  const mount = { mountPoint: volume.mountPoint }
  const file = (n: number, path: string) => ({
    copy: `00000000-0000-4000-8000-00000000000${n}`,
    path: `/media/stick/${path}`,
    sizeBytes: 1000 * n,
  })
  return [
    event('medium.connected', 0, {
      subject: { plug: stay, medium },
      verdicts,
      detail: { bus: 'usb', interfaces: ['080650'] },
    }),
    event('medium.mounted', 900, {
      subject: { plug: stay, medium: { ...medium, label: 'STICK', fsUuid: '1A2B-3C4D' }, volume },
      verdicts,
    }),
    event('file.copy-started', 2000, {
      subject: { plug: stay, medium: brief, volume: mount, file: file(1, '名单.docx') },
    }),
    event('file.copied', 2500, {
      subject: { plug: stay, medium: brief, volume: mount, file: file(1, '名单.docx') },
      detail: { count: 1 },
    }),
    event('file.copy-started', 3000, {
      subject: { plug: stay, medium: brief, volume: mount, file: file(2, 'big.bin') },
    }),
    event('file.copy-interrupted', 4000, {
      subject: { plug: stay, medium: brief, volume: mount, file: file(2, 'big.bin') },
      detail: { reason: 'removed' },
    }),
    event('medium.unmounted', 4001, { subject: { plug: stay, medium: brief, volume } }),
    event('medium.removed', 4002, { subject: { plug: stay, medium } }),
  ]
}

const foreign = verdict({ rule: 'foreign-network', severity: 'critical', clause: 'law-31-1' })

/** The name of a card. */
export const cardOf = (n: number): string => n.toString(16).padStart(32, '0')

/** A link that comes up, gets a foreign address and default route, and goes. `ms`: when it begins. */
export function episodeEvents(ms = 0, index = 7): Event[] {
  const link = { index, name: 'enx0', mac: '52:54:00:12:34:56', type: 'ethernet', card: cardOf(index) }
  const address = { family: 'ipv4', address: '10.9.9.9', prefix: 24 }
  const route = { family: 'ipv4', destination: '0.0.0.0/0', gateway: '10.9.9.1', table: 254 }
  const added = { change: 'added' }
  const removed = { change: 'removed' }
  return [
    event('net.link-up', ms, { subject: { interface: link } }),
    event('net.address', ms + 100, { subject: { interface: link, address }, verdicts: [foreign], detail: added }),
    event('net.route-changed', ms + 200, { subject: { interface: link, route }, verdicts: [foreign], detail: added }),
    event('net.address', ms + 5000, { subject: { interface: link, address }, detail: removed }),
    event('net.route-changed', ms + 5001, { subject: { interface: link, route }, detail: removed }),
    event('net.link-down', ms + 5002, { subject: { interface: link }, detail: { gone: true } }),
  ]
}

/** An agent's life as its logs tell it: boots, runs, and what its cards and media did. It makes the batches that ingest
 *  would hand to the commit, in any sizes. */
import type { Event, Verdict } from '#shared/event/event.ts'
import { append, emptyFrontier, leafHash, rootOf, type Frontier } from '#shared/evidence/merkle.ts'
import { rfc3339 } from '#shared/vocabulary/clock.ts'
import type { VerifiedBatch, VerifiedEntry } from '#collector/ingest/batch.ts'
import type { LogStart } from '#collector/ingest/verify.ts'
import { cardOf, start, verdict, wholeEvent } from './events.ts'

const uuid = (kind: string, n: number): string =>
  `${n.toString(16).padStart(8, '0')}-${kind}-4${kind.slice(1)}-8${kind.slice(1)}-111111111111`

const foreign = verdict({ rule: 'foreign-network', severity: 'critical', clause: 'law-31-1' })

export interface LifeLog {
  readonly epoch: string
  readonly start: LogStart
  readonly events: Event[]
}

type Previous = NonNullable<LogStart['previous']>

export interface Life {
  readonly logs: readonly LifeLog[]
  /** ms that pass, on every clock. */
  readonly pass: (ms: number) => void
  /** From now on events carry trusted time, or not. */
  readonly trust: (on: boolean) => void
  readonly reboot: () => void
  /** Another run: a new log in the same boot. `previous`: what it names instead of the log before it. */
  readonly restart: (previous?: Previous | null) => LifeLog
  readonly say: (kind: string, parts: Record<string, unknown>) => Event
  readonly address: (
    card: number,
    n: number,
    how: 'added' | 'removed' | 'allowed',
    more?: Record<string, unknown>,
  ) => Event
  readonly route: (card: number, metric: number, how: 'added' | 'removed' | 'allowed') => Event
  readonly link: (card: number, how: 'up' | 'down' | 'broken') => Event
  readonly plug: (n: number, verdicts?: Verdict[], found?: string) => Event
  readonly unplug: (n: number) => Event
  readonly copy: (n: number, file: number, verdicts?: Verdict[]) => Event
  /** How the newest log stands, for one that names it. */
  readonly previous: (ended?: Previous['ended'], log?: LifeLog, size?: number) => Previous
}

/** `n` tells its UUIDs from those of other lives. `wallSkewMs`: how wrong its own clock is. `vouched`: its events carry
 *  trusted time. */
export function agentLife(n: number, { wallSkewMs = 0, vouched = true } = {}): Life {
  const logs: LifeLog[] = []
  let [now, mono, boots, trusted] = [start, 60_000, 1, vouched]
  let salt = 0
  const boot = (): string => uuid('4444', n * 1000 + boots)
  const current = (): LifeLog => {
    const log = logs.at(-1)
    if (log === undefined) throw new Error('It has not begun.')
    return log
  }
  const say = (kind: string, parts: Record<string, unknown>): Event => {
    const said = wholeEvent(kind, now + wallSkewMs, {
      salt: (n * 1_000_000 + ++salt).toString(16).padStart(32, '0'),
      mono,
      boot: boot(),
      ...(trusted && { trusted: rfc3339(now, 480), skew: wallSkewMs }),
      ...parts,
    })
    current().events.push(said)
    now += 1
    mono += 1
    return said
  }
  const previous: Life['previous'] = (ended = 'clean', log = current(), size = log.events.length) => ({
    epoch: log.epoch,
    size,
    root: rootOf(append(emptyFrontier, log.events.slice(0, size).map(leafOf))).toString('hex'),
    ended,
  })
  const begin = (before: Previous | undefined): LifeLog => {
    const log: LifeLog = {
      epoch: uuid('2222', n * 1000 + logs.length + 1),
      start: { boot: boot(), found: 'live', ...(before && { previous: before }) },
      events: [],
    }
    logs.push(log)
    say('agent.started', {
      detail: {
        version: '1',
        host: `pc-${n}`,
        platform: 'Linux',
        ...(before && { previous: { ...before, at: rfc3339(now, 480) } }),
      },
    })
    return log
  }
  begin(undefined)
  const linkOf = (card: number) => ({ index: card, name: `eth${card}`, type: 'ethernet', card: cardOf(n * 100 + card) })
  const plugName = (m: number): string => (n * 10_000_000 + boots * 10_000 + m).toString(16).padStart(32, '0')
  const medium = (m: number) => ({ key: `k${m}`, usbSerial: `SN${m}`, score: 0, status: 'unregistered' })

  return {
    logs,
    pass(ms) {
      now += ms
      mono += ms
    },
    trust(on) {
      trusted = on
    },
    reboot() {
      const before = previous('unclean')
      boots += 1
      mono = 30_000
      now += 20_000
      begin(before)
    },
    restart: (given) => begin(given === null ? undefined : (given ?? previous())),
    say,
    address: (card, host, how, more = {}) =>
      say('net.address', {
        subject: { interface: linkOf(card), address: { family: 'ipv4', address: `10.9.${card}.${host}`, prefix: 24 } },
        verdicts: how === 'added' ? [foreign] : [],
        ...more,
        detail: { change: how === 'removed' ? 'removed' : 'added', ...Object(more['detail']) },
      }),
    route: (card, metric, how) =>
      say('net.route-changed', {
        subject: {
          interface: linkOf(card),
          route: { family: 'ipv4', destination: '0.0.0.0/0', gateway: '10.9.9.1', table: 254, metric },
        },
        verdicts: how === 'added' ? [foreign] : [],
        detail: { change: how === 'removed' ? 'removed' : 'added' },
      }),
    link: (card, how) =>
      how === 'down'
        ? say('net.link-down', { subject: { interface: linkOf(card) }, detail: { gone: false } })
        : say('net.link-up', { subject: { interface: linkOf(card) }, verdicts: how === 'broken' ? [foreign] : [] }),
    plug: (m, verdicts = [verdict()], found = 'live') =>
      say('medium.connected', {
        found,
        subject: { plug: plugName(m), medium: medium(m) },
        verdicts,
        detail: { bus: 'usb' },
      }),
    unplug: (m) => say('medium.removed', { subject: { plug: plugName(m), medium: medium(m) } }),
    copy: (m, file, verdicts = [verdict({ rule: 'file-copied' })]) =>
      say('file.copied', {
        subject: {
          plug: plugName(m),
          medium: { key: `k${m}`, status: 'unregistered' },
          volume: { mountPoint: '/media/x' },
          file: { copy: uuid('5555', file), path: `/media/x/${file}` },
        },
        verdicts,
        detail: { count: 1 },
      }),
    previous,
  }
}

const leafOf = (event: Event): Buffer => leafHash(Buffer.from(JSON.stringify(event)))

export interface Whole {
  readonly agent: { readonly id: number; readonly agent: string }
  readonly log: LifeLog
}

/** A log's entries as batches of these sizes, over and over; received at that time. `as`: what an entry becomes instead. */
export function batchesOf(
  { agent, log }: Whole,
  sizes: readonly number[],
  { receivedAt, as }: { receivedAt?: number; as?: (event: Event, index: number) => VerifiedEntry } = {},
): VerifiedBatch[] {
  const batches: VerifiedBatch[] = []
  let frontier: Frontier = emptyFrontier
  for (let from = 0, turn = 0; from < log.events.length; turn++) {
    const some = log.events.slice(from, from + Math.max(1, sizes[turn % sizes.length] ?? 1))
    frontier = append(frontier, some.map(leafOf))
    batches.push({
      agent,
      log: {
        epoch: log.epoch,
        from,
        frontier,
        checkpoint: `checkpoint ${frontier.size}`,
        ...(from === 0 && { start: log.start }),
      },
      entries: some.map((event, at) => as?.(event, from + at) ?? asEvent(event)),
      filled: [],
      receivedAt: receivedAt ?? start + 1_000_000_000,
    })
    from += some.length
  }
  return batches
}

export const asEvent = (event: Event): VerifiedEntry => ({
  state: 'event',
  event,
  line: Buffer.from(JSON.stringify(event)),
})

/** What the collector counts, as plain Prometheus text (exposition format 0.0.4). One function an occurrence writes the
 *  counter and the log line together; labels come from closed lists, so that no peer can make a new time series. */
import { metricLines, type MetricName } from '#collector/metric-list.ts'
import { refusals, type Refusal } from '#shared/wire/messages.ts'
import { signInOutcomes } from './access/authenticate.ts'
import { sessionEnds } from './access/session-acts.ts'
import type { SessionCounts } from './access/sessions.ts'
import { type FeedBound, feedBounds } from './api/feed-places.ts'
import type { Log } from '#base/log.ts'

/** Why a peer that is no known agent was sent away: it costs a count and nothing else. */
export const peerFaults = [
  'tls',
  'http',
  'left',
  'path',
  'certificate',
  'unknown-agent',
  'retired',
  'no-hello',
  'silence',
  'unread',
  'too-many',
  'too-many-of-address',
  'slow',
  'enrolment',
] as const
export type PeerFault = (typeof peerFaults)[number]

export const entryStates = ['event', 'tombstone', 'quarantined'] as const

interface Counter<L extends string> {
  readonly add: (label: L, by?: number) => void
  readonly lines: () => string[]
}

function counter<L extends string>(name: MetricName, values: readonly L[]): Counter<L> {
  const counts = new Map<L, number>(values.map((value) => [value, 0]))
  return {
    add: (value, by = 1) => counts.set(value, (counts.get(value) ?? 0) + by),
    lines: () => metricLines(name, [...counts]),
  }
}

export interface Metrics extends SessionCounts {
  readonly messageRefused: (agent: string, code: Refusal, detail: string) => void
  readonly peerRefused: (reason: PeerFault, peer: string) => void
  readonly entriesCommitted: (counts: Readonly<Record<(typeof entryStates)[number], number>>) => void
  readonly forkSeen: (agent: string) => void
  readonly cloneSeen: (agent: string) => void
  readonly agentEnrolled: (agent: string, outcome: 'new' | 'again') => void
  readonly feedRefused: (bound: FeedBound) => void
  readonly agentConnected: (change: 1 | -1) => void
  /** More text of the same form: what another part counts by itself. */
  readonly include: (lines: () => readonly string[]) => void
  /** Likewise, in place of those that were given by the last call: parts that are opened again while the program runs. */
  readonly use: (lines: readonly (() => readonly string[])[]) => void
  readonly text: () => string
}

export function openMetrics(log: Log): Metrics {
  const messages = counter('shoumi_messages_refused_total', refusals)
  const peers = counter('shoumi_peers_refused_total', peerFaults)
  const entries = counter('shoumi_entries_total', entryStates)
  const enrolled = counter('shoumi_enrolments_total', ['new', 'again'])
  const forks = counter('shoumi_forks_total', ['log', 'enrolment'])
  const signIns = counter('shoumi_sign_ins_total', signInOutcomes)
  const ends = counter('shoumi_sessions_ended_total', sessionEnds)
  const feeds = counter('shoumi_feeds_refused_total', feedBounds)
  const others: (() => readonly string[])[] = []
  let used: readonly (() => readonly string[])[] = []
  let connected = 0
  return {
    messageRefused(agent, code, detail) {
      messages.add(code)
      log.warn('Message refused', { agent, code, detail })
    },
    peerRefused(reason, peer) {
      peers.add(reason)
      log.debug('Peer refused', { reason, peer })
    },
    entriesCommitted(counts) {
      for (const state of entryStates) entries.add(state, counts[state])
    },
    forkSeen(agent) {
      forks.add('log')
      log.error('An agent’s log is forked: a clone or a restored disk', { agent })
    },
    cloneSeen(agent) {
      forks.add('enrolment')
      log.error('A copy of an agent asked to enrol', { agent })
    },
    agentEnrolled(agent, outcome) {
      enrolled.add(outcome)
      log.info('Agent enrolled', { agent, outcome })
    },
    agentConnected(change) {
      connected += change
    },
    signIn: (outcome) => signIns.add(outcome),
    sessionEnded: (how) => ends.add(how),
    feedRefused: (bound) => feeds.add(bound),
    include: (lines) => others.push(lines),
    use(lines) {
      used = lines
    },
    text: () =>
      [
        ...[messages, peers, entries, enrolled, forks, signIns, ends, feeds].flatMap(({ lines }) => lines()),
        ...metricLines('shoumi_agents_connected', [[connected]]),
        ...[...others, ...used].flatMap((lines) => lines()),
        '',
      ].join('\n'),
  }
}

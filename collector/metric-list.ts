/** Every metric of the collector, declared once: `/metrics` writes nothing else, and docs/operations.md is held to it. */

interface MetricKind {
  readonly type: 'counter' | 'gauge'
  readonly help: string
  /** In this order. Their values come from closed lists, so that no peer can make a new time series. */
  readonly labels: readonly string[]
}

export const metricKinds = {
  shoumi_messages_refused_total: { type: 'counter', help: 'Messages of agents not taken.', labels: ['code'] },
  shoumi_peers_refused_total: { type: 'counter', help: 'Peers sent away.', labels: ['reason'] },
  shoumi_entries_total: { type: 'counter', help: 'Log entries stored.', labels: ['state'] },
  shoumi_enrolments_total: { type: 'counter', help: 'Agents enrolled.', labels: ['outcome'] },
  shoumi_forks_total: { type: 'counter', help: 'Clones and restored disks seen.', labels: ['where'] },
  shoumi_sign_ins_total: { type: 'counter', help: 'Sign-ins to the console.', labels: ['outcome'] },
  shoumi_sessions_ended_total: { type: 'counter', help: 'Sessions of the console that ended.', labels: ['how'] },
  shoumi_feeds_refused_total: { type: 'counter', help: 'Live feeds of the console not given.', labels: ['bound'] },
  shoumi_agents_connected: { type: 'gauge', help: 'Agents connected now.', labels: [] },
  shoumi_store_wal_bytes: { type: 'gauge', help: 'What waits to be folded into the store.', labels: [] },
  shoumi_condition: { type: 'gauge', help: 'What is not well.', labels: ['code', 'severity'] },
  shoumi_alerts: { type: 'gauge', help: 'Alerts that have not gone out.', labels: ['state'] },
  shoumi_alerts_oldest_seconds: {
    type: 'gauge',
    help: 'For how long the oldest that waits could have gone out.',
    labels: [],
  },
  shoumi_mailboxes_failing: { type: 'gauge', help: 'Mailboxes whose newest attempt did not go well.', labels: [] },
  shoumi_mails_unseen: {
    type: 'gauge',
    help: 'Attempts, ever, whose end nobody saw: each may have come twice, as the same Message-ID.',
    labels: [],
  },
  shoumi_alert_mails_total: {
    type: 'counter',
    help: 'Attempts to send a mail, by what came of it.',
    labels: ['outcome'],
  },
} as const satisfies Readonly<Record<string, MetricKind>>

export type MetricName = keyof typeof metricKinds

/** Values of its labels, in their order, and the figure. */
type Sample = readonly [...labels: string[], figure: number]

/** One metric as plain Prometheus text. */
export function metricLines(name: MetricName, samples: readonly Sample[]): string[] {
  const { type, help, labels }: MetricKind = metricKinds[name]
  const line = (sample: Sample): string => {
    const pairs = labels.map((label, i) => `${label}="${sample[i]}"`).join(',')
    return `${name}${pairs === '' ? '' : `{${pairs}}`} ${sample.at(-1)}`
  }
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples.map(line)]
}

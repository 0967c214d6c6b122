/** Lines as an agent's journal holds them: about 660 bytes, 12 % of them correlated. */
import { encodeEvent, type Event } from '#shared/event/event.ts'
import { systemClock, timeNow } from '#shared/vocabulary/clock.ts'

const BOOT = '44444444-4444-4444-8444-444444444444'
const SALT = 'a5'.repeat(16)
const PLUG = 'b6'.repeat(16)
const COPY = 'cccccccc-7777-4777-8777-777777777777'
/** Of 25 events 3 belong to a matter. */
const CORRELATED_OF_25 = 3
/** Copies in one stay; the first breaks a rule and opens the incident. */
const COPIES_A_STAY = 48

const common = { v: 1, salt: SALT, at: timeNow(systemClock), mono: 1_000_000, boot: BOOT, found: 'live' } as const
const skew = { trusted: timeNow(systemClock), skew: 12 } as const

const started: Event = {
  ...common,
  kind: 'agent.started',
  subject: {},
  verdicts: [],
  detail: { version: '0.1.0', host: 'bench', platform: 'linux' },
}
const coverage: Event = {
  ...common,
  ...skew,
  kind: 'agent.coverage',
  subject: {},
  verdicts: [],
  detail: { sensor: 'network', state: 'degraded', code: 'sensor.failed', text: '通道 '.repeat(45) },
}
const copied = (verdicts: Event['verdicts']): Event => ({
  ...common,
  ...skew,
  kind: 'file.copied',
  subject: {
    plug: PLUG,
    medium: { key: 'usb:0951:1666:60A44C3FAE22', status: 'unregistered' },
    volume: { mountPoint: '/media/财务科/备份' },
    file: {
      copy: COPY,
      path: '/media/财务科/备份/二〇二六年/第一季度/工资发放明细表（最终稿）.xlsx',
      sizeBytes: 48_128,
    },
  },
  verdicts,
  detail: { count: 1 },
})

function template(event: Event): string {
  const line = encodeEvent(event)
  if (line === undefined) throw new Error(`The bench's ${event.kind} is no event: correct load-events.ts.`)
  return line
}

/** A line for each index of a log, from 0 on, called in this order. */
export function lineSource(): (index: number) => string {
  const [first, noise, noted] = [template(started), template(coverage), template(copied([]))]
  const rule = { rule: 'unregistered-medium', policyVersion: 1, severity: 'high', clause: 'mb-4.2-5' } as const
  const violation = template(copied([rule]))
  let copies = 0
  return (index) => {
    const unique = index.toString(16).padStart(32, '0')
    if (index === 0) return first.replace(SALT, unique)
    if (index % 25 >= CORRELATED_OF_25) return noise.replace(SALT, unique)
    const plug = Math.floor(copies / COPIES_A_STAY)
      .toString(16)
      .padStart(32, '0')
    const line = copies++ % COPIES_A_STAY === 0 ? violation : noted
    return line
      .replace(SALT, unique)
      .replace(PLUG, plug)
      .replace(COPY, `00000000-7777-4777-8777-${unique.slice(-12)}`)
  }
}

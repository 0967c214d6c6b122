import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { openConditions } from '#agent/conditions.ts'
import { JournalFullError } from '#agent/journal/format.ts'
import { openRecorder, type Recorder } from '#agent/recorder.ts'
import type { Fact } from '#agent/sensors/sensor.ts'
import { openTrustedTime } from '#agent/uplink/trusted-time.ts'
import { standingBy } from '#agent/judge/standing.ts'
import { parseEvent, type Event } from '#shared/event/event.ts'
import type { Endpoint, Rule } from '#shared/policy/documents.ts'
import { rfc3339 } from '#shared/vocabulary/clock.ts'
import { manualClock } from '../../support/manual-clock.ts'
import { eventually } from '../../support/eventually.ts'

const boot = '44444444-4444-4444-8444-444444444444'
const face = { index: 2, name: 'eth0', type: 'ethernet', card: '0c'.repeat(16) }
const up: Fact = { kind: 'net.link-up', found: 'live', subject: { interface: face }, detail: {} }
const dated = { version: 1, issued: '2026-01-01T00:00:00.000+08:00', expires: '2027-01-01T00:00:00.000+08:00' }

const rule = (check: string): Rule => ({
  id: check,
  title: { zh: '规则', en: 'rule' },
  clause: 'c',
  check,
  levels: ['secret', 'internal'],
  severity: 'high',
  response: [],
})
const [carrier, unregistered] = [rule('network-carrier'), rule('medium-unregistered')]
const alone: Endpoint = {
  name: 'e',
  level: 'secret',
  networkKind: 'standalone',
  department: 'd',
  status: 'confirmed',
}
const MINUTE = 60_000
/** Time passes, and whoever waited for it has had its turn. */
const passing = async (clock: ReturnType<typeof manualClock>, ms: number): Promise<void> => {
  clock.pass(ms)
  await nextTurn()
}

function recording(): {
  recorder: Recorder
  events: Event[]
  commits: number[]
  setFull: (full: boolean) => void
} & Record<'clock', ReturnType<typeof manualClock>> &
  Record<'trusted', ReturnType<typeof openTrustedTime>> &
  Record<'conditions', ReturnType<typeof openConditions>> {
  const clock = manualClock()
  const conditions = openConditions(clock)
  const events: Event[] = []
  const commits: number[] = []
  let full = false
  const journal = {
    append: async (lines: readonly string[]): Promise<number> => {
      if (full) throw new JournalFullError('full')
      commits.push(lines.length)
      for (const line of lines) {
        const parsed = parseEvent(line)
        if (!parsed.ok) throw new Error(parsed.reason)
        events.push(parsed.event)
      }
      return events.length
    },
  }
  const memory = { keep: async () => {}, kept: () => undefined }
  const trusted = openTrustedTime(boot, { memory, clock })
  const crash = (error: unknown): void => {
    throw error
  }
  const recorder = openRecorder({ journal, trusted, conditions, boot, clock, crash })
  return { recorder, events, commits, clock, trusted, conditions, setFull: (now) => void (full = now) }
}
const gapsIn = (events: readonly Event[]): unknown[] =>
  events.flatMap((event) => (event.kind === 'agent.gap' ? [event.detail] : []))

describe('recorder', () => {
  test('stamps when a fact is handed over, not when it is written', async () => {
    const { recorder, events, clock } = recording()
    const { observe } = recorder.contextFor('network')
    observe(up)
    clock.pass(1_000)
    observe(up)
    await recorder.flushed()
    expect(events.map(({ mono }) => mono)).toEqual([1_000, 2_000])
    expect(events[0]).toMatchObject({ boot, verdicts: [], found: 'live' })
    expect(events[0]?.salt).not.toBe(events[1]?.salt)
  })

  test('a burst is journalled in order, in few commits; what is over the bound is dropped, counted, and told', async () => {
    const { recorder, events, commits } = recording()
    const { observe, drained } = recorder.contextFor('network')
    const taken = Array.from({ length: 10_200 }, (_, i) =>
      observe({ ...up, subject: { interface: { ...face, index: i } } }),
    )
    expect(taken.indexOf(false)).toBe(4_999)
    await drained()
    await recorder.flushed()
    const indexes = events.flatMap((event) => event.subject.interface?.index ?? [])
    expect(indexes).toEqual(Array.from({ length: 10_000 }, (_, i) => i))
    expect(gapsIn(events)).toEqual([{ reason: 'observations-dropped', source: 'network', count: 200 }])
    expect(commits.length).toBeLessThanOrEqual(21)
  })

  test('what a full journal does not take is counted, and told as soon as there is room', async () => {
    const { recorder, events, conditions, clock, setFull } = recording()
    const { observe } = recorder.contextFor('network')
    setFull(true)
    for (let i = 0; i < 3; i++) observe(up)
    await recorder.flushed()
    observe(up)
    await recorder.flushed()
    expect(events).toEqual([])
    expect(conditions.list()).toMatchObject([{ code: 'journal.full', severity: 'critical' }])
    setFull(false)
    clock.pass(10_000) // nothing happens on the machine: the recorder tries by itself
    await expect.poll(() => gapsIn(events)).toEqual([{ reason: 'not-recorded', source: 'journal', count: 4 }])
    expect(conditions.list()).toEqual([])
  })

  test('once a full journal has room, ends that it did not take are told as they were heard, then all that is present', async () => {
    const { recorder, events, clock, setFull } = recording()
    const { observe, cover, onJudgeAnew } = recorder.contextFor('network')
    onJudgeAnew(() => void observe({ ...up, found: 'present' }))
    const quiet = recorder.contextFor('files')
    quiet.onJudgeAnew(() => expect.unreachable('all of its facts were taken'))
    quiet.observe(up)
    await recorder.flushed()
    events.length = 0
    setFull(true)
    cover({ state: 'degraded', code: 'network.looking', text: 'y' })
    observe({ kind: 'net.link-down', found: 'live', subject: { interface: face }, detail: { gone: false } })
    await recorder.flushed()
    clock.pass(5_000)
    observe({ ...up, found: 'reconciled' })
    await recorder.flushed()
    setFull(false)
    clock.pass(10_000)
    await eventually(() => expect(events.at(-1)).toMatchObject({ kind: 'net.link-up', found: 'present' }))
    await recorder.flushed()
    expect(events.map(({ kind, found, mono }) => [kind, found, mono])).toEqual([
      ['agent.gap', 'live', 16_000],
      ['net.link-down', 'live', 1_000],
      ['agent.coverage', 'live', 16_000],
      ['net.link-up', 'present', 16_000],
    ])
    expect(gapsIn(events)).toEqual([{ reason: 'not-recorded', source: 'journal', count: 2 }])
  })

  test('one that has more to tell than there is room for does not tell it for ever; ends find room beyond the bound', async () => {
    const { recorder, events, clock } = recording()
    const { observe, onJudgeAnew } = recorder.contextFor('network')
    let tellings = 0
    const crowd = (): void => {
      for (let i = 0; i < 10_500; i++) observe({ ...up, found: 'present' })
    }
    onJudgeAnew(() => {
      tellings++
      crowd()
    })
    crowd()
    for (let i = 0; i < 1_200; i++)
      observe({ kind: 'net.link-down', found: 'live', subject: { interface: face }, detail: { gone: true } })
    await recorder.flushed()
    for (let i = 0; i < 20; i++) {
      await passing(clock, 10_000)
      await recorder.flushed()
    }
    expect(tellings).toBe(1)
    expect(events.filter(({ kind }) => kind === 'net.link-down')).toHaveLength(1_000)
    expect(gapsIn(events)).toEqual([
      { reason: 'observations-dropped', source: 'network', count: 700 },
      { reason: 'observations-dropped', source: 'network', count: 500 },
    ])
  })

  test('a moment of this boot is trusted where a receipt vouches for it', () => {
    const { recorder, clock, trusted } = recording()
    const { momentAt } = recorder.contextFor('network')
    expect(momentAt(500)).toEqual({ mono: 500, boot })
    trusted.heard(Math.ceil(clock.wall() / 1000))
    clock.pass(9_000)
    expect(momentAt(clock.monotonic())).toEqual({ mono: 10_000, boot, trusted: '2026-01-02T11:04:15.000+08:00' })
  })

  test('a fact that cannot be an event is a gap, and takes nothing with it', async () => {
    const { recorder, events } = recording()
    const { observe } = recorder.contextFor('network')
    observe({ ...up, subject: { interface: { ...face, name: 'x'.repeat(300) } } })
    observe(up)
    await recorder.flushed()
    expect(events.map(({ kind }) => kind)).toEqual(['net.link-up', 'agent.gap'])
    expect(gapsIn(events)).toEqual([{ reason: 'not-recorded', source: 'net.link-up', count: 1 }])
  })

  test('a line of another boot carries its time, and nothing that only holds in this one', async () => {
    const { recorder, clock, trusted } = recording()
    trusted.heard(Math.floor(clock.wall() / 1000))
    const detail = { version: '1', host: 'pc', platform: 'Linux' }
    const started: Fact = { kind: 'agent.started', found: 'recovered', subject: {}, detail }
    const then = { boot: boot.replaceAll('4', '5'), at: '2025-12-31T23:59:59.000+08:00', mono: 77 }
    const parsed = parseEvent(recorder.lineOf(started, then))
    expect(parsed).toMatchObject({ ok: true, event: { ...then, found: 'recovered' } })
    expect(parsed.ok && parsed.event.trusted).toBeUndefined()
    expect(parseEvent(recorder.lineOf(started))).toMatchObject({ event: { boot, trusted: expect.any(String) } })
  })

  test('coverage is an event when it changes, and a condition while it is not whole', async () => {
    const { recorder, events, conditions } = recording()
    const { cover } = recorder.contextFor('media')
    const degraded = { state: 'degraded', code: 'usb.no-bus', text: 'No USB.' } as const
    for (const coverage of [degraded, degraded, { state: 'watching' } as const, degraded]) cover(coverage)
    await recorder.flushed()
    expect(events.map(({ detail }) => detail)).toMatchObject([degraded, { state: 'watching' }, degraded])
    expect(conditions.list()).toMatchObject([{ code: 'coverage.media', text: 'usb.no-bus: No USB.' }])
    cover({ state: 'watching' })
    expect(conditions.list()).toEqual([])
  })

  test('when the register changes, what is present is told once more and judged by the new one', async () => {
    const { recorder, events } = recording()
    const { observe, onJudgeAnew } = recorder.contextFor('network')
    onJudgeAnew(() => void observe({ ...up, found: 'recovered' }))
    onJudgeAnew(() => void observe({ ...up, found: 'present' })) // the last one counts
    observe(up)
    await recorder.flushed()
    recorder.judgeBy(
      standingBy(
        { ...dated, rules: [carrier], keys: { register: [], receipts: [] } },
        { ...dated, agent: boot, endpoint: alone, approvals: [] },
        [],
      ),
    )
    await recorder.flushed()
    expect(events.map(({ found, verdicts }) => [found, verdicts.length])).toEqual([
      ['live', 0],
      ['present', 1],
    ])
  })

  test('what is present is judged again as an approval begins and ends, by trusted time, with nothing happening', async () => {
    const { recorder, events, clock, trusted } = recording()
    const { observe, onJudgeAnew } = recorder.contextFor('media')
    const plug = '0123456789abcdef0123456789abcdef'
    const connected: Fact = {
      kind: 'medium.connected',
      found: 'present',
      subject: { plug, medium: { key: 'k', usbSerial: 'S' } },
      detail: { bus: 'usb' },
    }
    onJudgeAnew(() => void observe(connected))
    const now = trusted.at(clock.monotonic()).ms
    const at = (ms: number): string => rfc3339(now + ms, 480)
    const approval = {
      id: 'SP-1',
      for: 'medium' as const,
      medium: { identity: { usbSerial: 'S' } },
      allows: ['use' as const],
      approvedBy: ['x'],
      from: at(10 * MINUTE),
      to: at(30 * MINUTE),
    }
    recorder.judgeBy(
      standingBy(
        { ...dated, rules: [unregistered], keys: { register: [], receipts: [] } },
        { ...dated, agent: boot, endpoint: { ...alone, level: 'internal' }, approvals: [approval] },
        [],
      ),
    )
    const told = async (count: number): Promise<unknown[]> => {
      await eventually(() => expect(events).toHaveLength(count))
      return events.map(({ verdicts, approvals }) => approvals?.[0] ?? verdicts.length)
    }
    expect(await told(1)).toEqual([1])
    for (let minute = 0; minute < 12; minute++) await passing(clock, MINUTE)
    expect(await told(2)).toEqual([1, 'SP-1'])
    // The first receipt says that it is later than the wall clock believed: the approval is over.
    trusted.heard(Math.floor((now + 40 * MINUTE) / 1000))
    expect(await told(3)).toEqual([1, 'SP-1', 1])
    for (let minute = 0; minute < 60; minute++) await passing(clock, MINUTE)
    expect(await told(3)).toHaveLength(3)
  })

  test('many documents that come at once make what is present be told at once, and once more after them', async () => {
    const { recorder, events, clock } = recording()
    const { observe, onJudgeAnew } = recorder.contextFor('network')
    onJudgeAnew(() => void observe({ ...up, found: 'present' }))
    const policy = { ...dated, rules: [], keys: { register: [], receipts: [] } }
    const standing = standingBy(policy, { ...dated, agent: boot, endpoint: alone, approvals: [] }, [])
    for (let i = 0; i < 100; i++) recorder.judgeBy(standing)
    await recorder.flushed()
    expect(events).toHaveLength(1)
    await passing(clock, 1_000)
    await eventually(() => expect(events).toHaveLength(2))
    await passing(clock, 10_000)
    await recorder.flushed()
    expect(events).toHaveLength(2)
  })

  test('after it is disposed it takes nothing more', async () => {
    const { recorder, events } = recording()
    const { observe } = recorder.contextFor('network')
    observe(up)
    await recorder[Symbol.asyncDispose]()
    expect(observe(up)).toBe(false)
    await recorder.flushed()
    expect(events).toHaveLength(1)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  beginSession,
  isDrained,
  stepSession,
  type SessionEffect,
  type SessionInput,
  type Progress,
  type SessionState,
} from '#agent/uplink/session.ts'
import type { Refusal } from '#shared/wire/messages.ts'

const root = Buffer.alloc(32)
const receipt = (epoch: string, size: number, ours = true): SessionInput => ({
  type: 'receipt',
  receipt: { agent: 'agent', epoch, size, root, seconds: 1 },
  note: `${epoch}/${size}`,
  ours,
})
const acknowledge = (epoch: string, size: number): SessionEffect => {
  const { receipt: of, note } = receipt(epoch, size) as Extract<SessionInput, { type: 'receipt' }>
  return { do: 'acknowledge', receipt: of, note }
}
const log = (epoch: string, size: number, receipted = 0) => ({ epoch, size, receipted })
const welcome = (logs: ReturnType<typeof log>[], stored: Record<string, number>, window = 2): SessionInput => ({
  type: 'welcome',
  logs,
  more: false,
  welcome: { window, epochs: logs.map(({ epoch }) => ({ epoch, size: stored[epoch] ?? 0, root: '' })) },
})
const greeting: SessionState = { at: 'greeting', until: 21_000, failures: 3, stored: [] }
const streaming = (over: Partial<Extract<SessionState, { at: 'streaming' }>> = {}): SessionState => ({
  at: 'streaming',
  failures: 0,
  window: 2,
  unanswered: 0,
  reading: false,
  logs: [],
  ...over,
})
const progress = (epoch: string, size: number, next: number, held = 0): Progress => ({ epoch, size, next, held })
const refused = (code: Refusal, over: object = {}): SessionInput => ({
  type: 'bye',
  chance: 0,
  bye: { reason: 'refused', code, epoch: 'a', ...over },
})
const underWay = streaming({ logs: [progress('a', 10, 8, 3)], unanswered: 1 })
const closed: SessionInput = { type: 'closed', chance: 0.5 }

/** What must not be, whatever came. */
function faultsOf(before: SessionState, after: SessionState, effects: readonly SessionEffect[], now: number): string[] {
  const logs = after.at === 'streaming' ? after.logs : []
  const sends = effects.filter((effect) => effect.do === 'send')
  const unjoined = sends.filter(({ epoch, from }) => {
    const known = logs.find((each) => each.epoch === epoch)
    return known?.next !== from || from >= known.size
  })
  return [
    ...(after.at === 'streaming' && after.unanswered + Number(after.reading) > after.window ? ['over the window'] : []),
    ...(sends.length > 1 ? ['two messages at once'] : []),
    ...unjoined.map(({ epoch, from }) => `sends ${epoch} from ${from}, which is not its next entry`),
    ...(effects.some((effect) => effect.do === 'connect') && before.at !== 'waiting' ? ['a second connection'] : []),
    ...(after.at === 'waiting' && after.until - now > 3_600_000 ? ['waits over an hour'] : []),
  ]
}

describe('session', () => {
  test.for<[string, SessionState, SessionInput, SessionEffect[]]>([
    ['connects when its time has come', beginSession(1000), { type: 'tick' }, [{ do: 'connect' }]],
    ['waits until then', beginSession(1001), { type: 'tick' }, []],
    ['gives up a collector that does not greet', { ...greeting, until: 1000 }, { type: 'tick' }, [{ do: 'close' }]],
    ['lets a greeting take its time', greeting, { type: 'tick' }, []],
    [
      'sends the oldest log first',
      greeting,
      welcome([log('a', 4), log('b', 9)], {}),
      [{ do: 'send', epoch: 'a', from: 0 }],
    ],
    [
      'goes on from where the collector is',
      greeting,
      welcome([log('a', 4, 4), log('b', 9, 5)], { a: 4, b: 5 }),
      [{ do: 'send', epoch: 'b', from: 5 }],
    ],
    [
      'asks again for a receipt that was lost: from the last one that came',
      greeting,
      welcome([log('a', 9, 5)], { a: 9 }),
      [{ do: 'send', epoch: 'a', from: 5 }],
    ],
    [
      'sends a restored collector again what it once gave a receipt for',
      greeting,
      welcome([log('a', 9, 9)], { a: 2 }),
      [{ do: 'send', epoch: 'a', from: 2 }],
    ],
    ['sends nothing where all is held', greeting, welcome([log('a', 9, 9)], { a: 9 }), []],
    [
      'leaves alone a log that is settled, though the collector has more of it',
      greeting,
      welcome([log('a', 9, 9)], { a: 12 }),
      [],
    ],
    [
      'leaves alone a log that the greeting did not list',
      greeting,
      { ...welcome([log('a', 9)], {}), welcome: { window: 1, epochs: [] } } as SessionInput,
      [],
    ],
    [
      'sends what has grown',
      streaming({ logs: [progress('a', 4, 4, 4)] }),
      { type: 'grown', newest: log('a', 5) },
      [{ do: 'send', epoch: 'a', from: 4 }],
    ],
    [
      'sends a log that is new',
      streaming({ logs: [progress('a', 4, 4, 4)] }),
      { type: 'grown', newest: log('b', 1) },
      [{ do: 'send', epoch: 'b', from: 0 }],
    ],
    [
      'does not begin the next log before the last is held',
      streaming({ logs: [progress('a', 4, 4, 2)] }),
      { type: 'grown', newest: log('b', 1) },
      [],
    ],
    [
      'reads one message at a time',
      streaming({ logs: [progress('a', 4, 0)], reading: true }),
      { type: 'grown', newest: log('a', 5) },
      [],
    ],
    [
      'stops at the window',
      streaming({ logs: [progress('a', 9, 0)], unanswered: 1, reading: true }),
      { type: 'sent', epoch: 'a', next: 4 },
      [],
    ],
    [
      'fills the window',
      streaming({ logs: [progress('a', 9, 0)], reading: true }),
      { type: 'sent', epoch: 'a', next: 4 },
      [{ do: 'send', epoch: 'a', from: 4 }],
    ],
    [
      'a receipt opens the window',
      streaming({ logs: [progress('a', 9, 8)], unanswered: 2 }),
      receipt('a', 4),
      [acknowledge('a', 4), { do: 'send', epoch: 'a', from: 8 }],
    ],
    [
      'a receipt for more than was sent saves the sending',
      streaming({ logs: [progress('a', 9, 5)], unanswered: 1 }),
      receipt('a', 9),
      [acknowledge('a', 9)],
    ],
    [
      'a receipt that is not of our log ends it',
      underWay,
      receipt('a', 8, false),
      [{ do: 'begin-anew', epoch: 'a' }, { do: 'close' }],
    ],
    ['ignores a receipt for a log it does not know', underWay, receipt('z', 8), []],
    ...(['fork', 'root', 'signature', 'start'] as const).map(
      (code): [string, SessionState, SessionInput, SessionEffect[]] => [
        `begins anew after ${code}`,
        underWay,
        refused(code),
        [{ do: 'begin-anew', epoch: 'a' }, { do: 'close' }],
      ],
    ),
    ...(['size', 'malformed'] as const).map((code): [string, SessionState, SessionInput, SessionEffect[]] => [
      `buries the entry that is refused as ${code}`,
      underWay,
      refused(code, { index: 5 }),
      [{ do: 'bury', epoch: 'a', index: 5, reason: code }, { do: 'close' }],
    ]),
    ['buries nothing that it does not have', underWay, refused('size', { index: 10 }), [{ do: 'close' }]],
    ['buries nothing when the message was at fault', underWay, refused('malformed'), [{ do: 'close' }]],
    ['greets anew after a gap', underWay, refused('gap', { size: 2 }), [{ do: 'close' }]],
    ['greets anew after identity', underWay, refused('identity'), [{ do: 'close' }]],
    [
      'does nothing about a refusal of a log it does not know',
      underWay,
      refused('fork', { epoch: 'z' }),
      [{ do: 'close' }],
    ],
  ])('%s', ([, state, input, effects]) => {
    expect(stepSession(state, input, 1000)[1]).toEqual(effects)
  })

  test('the wait doubles with each failure up to a minute, is jittered, and ends with the first receipt', () => {
    let state: SessionState = beginSession(0)
    const ceilings = Array.from({ length: 10 }, () => {
      ;[state] = stepSession({ ...greeting, failures: state.failures }, { type: 'closed', chance: 0.999_999 }, 0)
      return state.at === 'waiting' ? state.until : 0
    })
    expect(ceilings.map((ms) => Math.round(ms / 100) / 10)).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60])
    const [early] = stepSession(greeting, { type: 'closed', chance: 0 }, 1000)
    expect(early).toMatchObject({ at: 'waiting', until: 1500 })
    const failing = streaming({ failures: 7, logs: [progress('a', 9, 4)], unanswered: 1 })
    expect(stepSession(failing, receipt('a', 4), 0)[0]).toMatchObject({ failures: 0 })
    expect(stepSession(failing, refused('fork'), 0)[0]).toMatchObject({ failures: 8 })
    expect(stepSession(greeting, welcome([log('a', 9)], {}), 0)[0]).toMatchObject({ failures: 3 })
    expect(stepSession(greeting, welcome([log('a', 9, 9)], { a: 9 }), 0)[0]).toMatchObject({ failures: 0 })
  })

  test('pages of a greeting are said one by one, each after the welcome to the one before it, then all is sent', () => {
    const logs = [log('a', 4), log('b', 9, 2)]
    const page = (epoch: string, size: number, more: boolean): SessionInput => ({
      type: 'welcome',
      logs,
      more,
      welcome: { window: 2, epochs: [{ epoch, size, root: '' }] },
    })
    const [waiting, first] = stepSession(greeting, page('a', 4, true), 1000)
    expect(first).toEqual([{ do: 'greet' }])
    expect(stepSession(waiting, { type: 'tick' }, 20_999)[1]).toEqual([])
    expect(stepSession(waiting, { type: 'tick' }, 21_000)[1]).toEqual([{ do: 'close' }])
    const [after, second] = stepSession(waiting, page('b', 5, false), 2000)
    expect(second).toEqual([{ do: 'send', epoch: 'a', from: 0 }])
    expect(after).toMatchObject({ at: 'streaming', logs: [progress('a', 4, 0), progress('b', 9, 2, 2)] })
  })

  test('a hint when to come again is heeded, for an hour at most', () => {
    const bye = (retryAfterMs: number): SessionInput => ({
      type: 'bye',
      chance: 0,
      bye: { reason: 'shutdown', retryAfterMs },
    })
    expect(stepSession(underWay, bye(5000), 1000)[0]).toMatchObject({ at: 'waiting', until: 6000 })
    expect(stepSession(underWay, bye(1e12), 1000)[0]).toMatchObject({ until: 3_601_000 })
  })

  test('whatever comes in whatever order: never over the window, a hole, or a second connection', () => {
    const epoch = fc.constantFrom('a', 'b')
    const size = fc.nat({ max: 12 })
    const logs = fc
      .tuple(size, size, size, size)
      .map(([a, b, c, d]) => [log('a', Math.max(a, b), Math.min(a, b)), log('b', Math.max(c, d), Math.min(c, d))])
    const input: fc.Arbitrary<SessionInput> = fc.oneof(
      fc.constant<SessionInput>({ type: 'tick' }),
      fc.constant(closed),
      fc.tuple(logs, size, size).map(([all, a, b]) => welcome(all, { a, b })),
      fc.tuple(epoch, size).map(([of, n]): SessionInput => ({ type: 'grown', newest: log(of, n) })),
      fc.tuple(epoch, size, fc.boolean()).map(([of, n, ours]) => receipt(of, n, ours)),
      fc.constantFrom<Refusal>('fork', 'size', 'gap', 'identity').map((code) => refused(code, { index: 3 })),
    )
    fc.assert(
      fc.property(fc.array(input, { maxLength: 60 }), fc.nat({ max: 4 }), (inputs, portion) => {
        let state: SessionState = beginSession(0)
        let now = 0
        const faults: string[] = []
        const feed = (next: SessionInput): void => {
          const [after, effects] = stepSession(state, next, now)
          faults.push(...faultsOf(state, after, effects, now))
          state = after
          for (const effect of effects)
            if (effect.do === 'send') feed({ type: 'sent', epoch: effect.epoch, next: effect.from + 1 + portion })
        }
        for (const next of inputs) {
          now += 10_000
          feed(next)
        }
        expect(faults).toEqual([])
      }),
    )
  })

  test('against a collector that answers, everything is held in the end, each entry sent once', () => {
    const sizes = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(sizes, fc.nat({ max: 5 }), fc.integer({ min: 1, max: 4 }), (all, portion, window) => {
        const logs = all.map((n, i) => log(`log-${i}`, n))
        const sent: string[] = []
        const answers: SessionInput[] = []
        let state: SessionState = greeting
        const feed = (input: SessionInput): void => {
          const [after, effects] = stepSession(state, input, 1000)
          state = after
          for (const effect of effects) {
            if (effect.do !== 'send') continue
            const to = Math.min(effect.from + 1 + portion, logs.find(({ epoch }) => epoch === effect.epoch)?.size ?? 0)
            for (let i = effect.from; i < to; i++) sent.push(`${effect.epoch}/${i}`)
            answers.push(receipt(effect.epoch, to))
            feed({ type: 'sent', epoch: effect.epoch, next: to })
          }
        }
        feed(welcome(logs, {}, window))
        for (let answer = answers.shift(); answer; answer = answers.shift()) feed(answer)
        expect(isDrained(state)).toBe(true)
        expect(sent).toEqual(logs.flatMap(({ epoch, size }) => Array.from({ length: size }, (_, i) => `${epoch}/${i}`)))
      }),
    )
  })
})

import { generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readBatch, verifyBatch, type HeldEntry, type Refused, type Verified } from '#collector/ingest/verify.ts'
import { signCheckpoint } from '#shared/evidence/checkpoint.ts'
import { emptyFrontier, rootOf } from '#shared/evidence/merkle.ts'
import { writeEntries } from '#shared/wire/entries.ts'
import { agent, bodyOf, epoch, frontierOf, leavesOf, signer, verifierKey } from '../../support/agent-log.ts'
import { boot, event } from '../../support/events.ts'

const previous = {
  epoch: '33333333-3333-4333-8333-333333333333',
  size: 7,
  root: 'a'.repeat(64),
  ended: 'clean',
  at: '2026-01-05T08:59:59.000+08:00',
}
const started = { version: '1', host: 'pc-1', platform: 'linux' }
const line = (kind: string, ms: number, parts = {}): string => JSON.stringify(event(kind, ms, parts))
const link = (ms: number): string =>
  line('net.link-up', ms, {
    subject: { interface: { index: 2, name: '网卡0', type: 'ethernet', card: 'c0'.repeat(16) } },
  })
const log = [
  line('agent.started', 0, { detail: { ...started, previous } }),
  ...Array.from({ length: 9 }, (_, i) => link(i)),
]
const tombstone = JSON.stringify([leavesOf(log)[3]?.toString('hex'), 'evicted'])

/** What is stored where the message covers it, as the store gives it. */
const heldOf = (stored: readonly string[], from: number, count: number): HeldEntry[] =>
  leavesOf(stored)
    .map((leaf, index) => ({ index, leaf, tombstone: stored[index]?.startsWith('[') === true }))
    .slice(from, from + count)

interface Store {
  /** Undefined: the first entry does not say. */
  boot?: string | undefined
  /** What the store has lost or says otherwise of what it holds. */
  held?: (entries: HeldEntry[]) => HeldEntry[]
}
/** As ingest does it: the message, against what is stored of the log. */
function verify(body: Buffer, from: number, stored: readonly string[], of: Store = { boot }): Verified | Refused {
  const batch = readBatch({ type: 'events', epoch, from }, body)
  if (!batch.ok) return batch
  const held = heldOf(stored, from, batch.entries.length)
  const known = { agent, verifierKey, frontier: frontierOf(stored), held: of.held?.(held) ?? held }
  return verifyBatch(batch, { ...known, ...(stored.length > 0 && { boot: of.boot }) })
}
const codeOf = (result: Verified | Refused): string => (result.ok ? 'taken' : result.code)
const states = (result: Verified | Refused): string[] =>
  result.ok ? result.entries.map(({ state }) => state) : [result.code]

const otherKey = { ...signer, privateKey: generateKeyPairSync('ed25519').privateKey }
const signedBy = (key: typeof signer, lines: readonly string[], size = lines.length): Buffer => {
  const frontier = { ...frontierOf(lines), size }
  return Buffer.from(writeEntries(lines, signCheckpoint({ agent, epoch, frontier }, key)))
}
const another = '99999999-9999-4999-8999-999999999999'

describe('verify', () => {
  test('takes a log from its start, and says what its first entry says: boot, how it was found, its predecessor', () => {
    const result = verify(bodyOf(log, 0), 0, [])
    const { at: _at, ...named } = previous
    expect(result).toMatchObject({ ok: true, from: 0, filled: [], start: { boot, found: 'live', previous: named } })
    expect(states(result)).toEqual(log.map(() => 'event'))
    expect(result.ok && rootOf(result.frontier)).toEqual(rootOf(frontierOf(log)))
  })

  test('goes on where it stopped, with a frontier as if it had come at once', () => {
    const result = verify(bodyOf(log, 4), 4, log.slice(0, 4))
    expect(result).toMatchObject({ ok: true, from: 4, frontier: frontierOf(log) })
    expect(result).not.toHaveProperty('start')
  })

  test('takes of an overlap what is new, and of a resend nothing', () => {
    expect(verify(bodyOf(log, 2), 2, log.slice(0, 6))).toMatchObject({ ok: true, from: 6, entries: { length: 4 } })
    expect(verify(bodyOf(log, 2, 5), 2, log.slice(0, 6))).toMatchObject({ ok: true, entries: [] })
    expect(verify(bodyOf(log, 0), 0, log)).toMatchObject({ ok: true, entries: [], frontier: frontierOf(log) })
  })

  test('takes a tombstone for the line that it stands for, also where the line is stored', () => {
    const evicted = log.with(3, tombstone)
    expect(states(verify(bodyOf(evicted, 0), 0, []))).toEqual(log.map((_, i) => (i === 3 ? 'tombstone' : 'event')))
    expect(codeOf(verify(bodyOf(evicted, 2), 2, log.slice(0, 5)))).toBe('taken')
  })

  test.each<[string, string, Buffer, number, readonly string[]]>([
    ['another agent’s origin', 'identity', bodyOf(log, 0, 10, { agent: another, epoch }), 0, []],
    ['another epoch’s origin', 'identity', bodyOf(log, 0, 10, { agent, epoch: another }), 0, []],
    ['another key', 'signature', signedBy(otherKey, log), 0, []],
    ['no checkpoint', 'signature', Buffer.from(writeEntries(log, 'none\n')), 0, []],
    [
      'a root that the entries do not give',
      'root',
      Buffer.from(bodyOf(log, 0).toString().replace('"mono":1000008', '"mono":1000009')),
      0,
      [],
    ],
    ['a size that is not where the message ends', 'root', signedBy(signer, log, 11), 0, []],
    ['a size that is not where a resend ends', 'root', signedBy(signer, log, 3), 0, log],
    ['another entry at a stored index', 'fork', bodyOf(log.with(4, link(77)), 3), 3, log.slice(0, 6)],
    ['another entry at a stored index, all of it stored', 'fork', bodyOf(log.with(4, link(77)), 0), 0, log],
    ['a log that begins with something else', 'start', bodyOf(log.slice(1), 0), 0, []],
    ['a log that begins with a tombstone', 'start', bodyOf([tombstone], 0), 0, []],
    ['entries beyond what is stored', 'gap', bodyOf(log, 6), 6, log.slice(0, 5)],
    ['more than 500 entries', 'size', bodyOf([...log, ...Array.from({ length: 491 }, (_, i) => link(i))], 0), 0, []],
    ['a line over 64 KiB', 'size', bodyOf([...log, `{"v":1,"${'x'.repeat(65_536)}":1}`], 0), 0, []],
    ['an empty line among the entries', 'malformed', Buffer.from(`\n${bodyOf(log, 0).toString()}`), 0, []],
    ['no empty line', 'malformed', Buffer.from(log.join('\n')), 0, []],
    ['a broken tombstone', 'malformed', bodyOf([...log, '["ab","short"]'], 0), 0, []],
  ])('refuses %s as %s', (_, code, body, from, stored) => {
    expect(codeOf(verify(body, from, stored))).toBe(code)
  })

  test('says where: the stored size with a gap, the index with a fork or a broken entry', () => {
    expect(verify(bodyOf(log, 6), 6, log.slice(0, 5))).toMatchObject({ code: 'gap', size: 5 })
    expect(verify(bodyOf(log.with(4, link(77)), 3), 3, log.slice(0, 6))).toMatchObject({ code: 'fork', index: 4 })
    expect(verify(bodyOf(log.with(9, '[]'), 7), 7, log.slice(0, 7))).toMatchObject({ code: 'malformed', index: 9 })
  })

  test.each([
    ['an unknown kind', line('agent.stopped', 1, { detail: { reason: 'x' } }).replace('agent.stopped', 'agent.frozen')],
    ['an unknown field', link(1).replace('"detail":{}', '"detail":{"colour":1}')],
    ['a wrong shape', link(1).replace('"mono":1000001', '"mono":"1"')],
    ['blanks', link(1).replace('"v":1', '"v": 1')],
    ['a field twice', link(1).replace('"v":1', '"v":2,"v":1')],
    ['a number that is written otherwise', link(1).replace('"mono":1000001', '"mono":1.000001e6')],
    ['no JSON', 'hello'],
    [
      'nesting to the limit of a line',
      `{"kind":"net.link-up","detail":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
    ],
    ['lists nested to the limit of a line', `{"kind":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
  ])('quarantines an entry that is proved but not understood: %s', (_, poisoned) => {
    const result = verify(bodyOf([...log, poisoned, link(50)], 8), 8, log.slice(0, 8))
    expect(states(result)).toEqual(['event', 'event', 'quarantined', 'event'])
  })

  test.each<[string, object, object]>([
    [
      'with a field more',
      { colour: 1, previous },
      { epoch: previous.epoch, size: 7, root: previous.root, ended: 'clean' },
    ],
    ['that ended as nobody knows', { previous: { ...previous, ended: 'molten' } }, { epoch: previous.epoch, size: 7 }],
    ['with a size that is none', { previous: { ...previous, size: -1, root: 7 } }, { epoch: previous.epoch }],
  ])('a start in the words of a newer agent is a start, and quarantined: a predecessor %s', (_, detail, named) => {
    const newer = JSON.stringify({
      ...event('agent.started', 0, { detail: started }),
      detail: { ...started, ...detail },
    })
    const result = verify(bodyOf([newer, link(1)], 0), 0, [])
    expect(states(result)).toEqual(['quarantined', 'event'])
    expect(result).toMatchObject({ start: { boot, found: 'live', previous: named } })
  })

  test.each([
    ['no UUID', { epoch: 'AB' }],
    ['no object', 7],
    ['null', null],
  ])('a predecessor that is %s is none', (_, wrong) => {
    const first = JSON.stringify({ ...event('agent.started', 0, { detail: started }), detail: { previous: wrong } })
    expect(verify(bodyOf([first], 0), 0, [])).toMatchObject({ start: { boot, found: 'live' } })
    expect(verify(bodyOf([first], 0), 0, [])).not.toHaveProperty('start.previous')
  })

  describe('one boot an epoch', () => {
    const later = '55555555-5555-4555-8555-555555555555'
    const foreign = link(60).replace(boot, later)

    test('an event of another boot than the first is quarantined, proved and counted', () => {
      const whole = [...log, foreign, link(61)]
      const all = [...log.map(() => 'event'), 'quarantined', 'event']
      expect(states(verify(bodyOf(whole, 0), 0, []))).toEqual(all)
      const result = verify(bodyOf(whole, 8), 8, log.slice(0, 8))
      expect(states(result)).toEqual(all.slice(8))
      expect(result).toMatchObject({ frontier: frontierOf(whole), entries: { 2: { reason: 'another boot' } } })
    })

    test('what is not understood says why, whatever its boot', () => {
      const blank = foreign.replace('"v":1', '"v": 1')
      const result = verify(bodyOf([...log, blank], 10), 10, log)
      expect(result).toMatchObject({ entries: [{ state: 'quarantined', reason: 'not equal to its own encoding' }] })
    })

    test.each([
      ['none', 'nobody'],
      ['no UUID', boot.replaceAll('-', '')],
    ])('where the first entry says %s, there is no event of its boot', (_, said) => {
      const whole = [log[0]?.replace(boot, said) ?? '', link(1), foreign]
      expect(states(verify(bodyOf(whole, 0), 0, []))).toEqual(['quarantined', 'quarantined', 'quarantined'])
      expect(states(verify(bodyOf(whole, 1), 1, whole.slice(0, 1), { boot: undefined }))).toEqual([
        'quarantined',
        'quarantined',
      ])
    })

    test('wherever a log is cut into messages, the same entries are of its boot', () =>
      fc.assert(
        fc.property(fc.array(fc.boolean(), { maxLength: 12 }), fc.nat(12), (own, cut) => {
          const whole = [log[0] ?? '', ...own.map((is) => (is ? link(1) : foreign))]
          const at = Math.min(1 + cut, whole.length)
          const head = verify(bodyOf(whole, 0, at), 0, [])
          const tail = at === whole.length ? [] : states(verify(bodyOf(whole, at), at, whole.slice(0, at)))
          expect([...states(head), ...tail]).toEqual(['event', ...own.map((is) => (is ? 'event' : 'quarantined'))])
        }),
      ))
  })

  describe('a line for a stored tombstone', () => {
    const evicted = log.with(3, tombstone)

    test('fills it, where the message ends below the stored size and where it goes on', () => {
      const bytes = Buffer.from(log[3] ?? '')
      const filled = [{ index: 3, entry: { state: 'event', line: bytes } }]
      expect(verify(bodyOf(log, 2, 5), 2, evicted)).toMatchObject({ ok: true, entries: [], filled })
      expect(verify(bodyOf(log, 2), 2, evicted.slice(0, 6))).toMatchObject({ entries: { length: 4 }, filled })
    })

    test('fills it with what is not understood too, as such', () => {
      const strange = link(1).replace('"detail":{}', '"detail":{"colour":1}')
      const foreign = link(1).replace(boot, previous.epoch)
      for (const one of [strange, foreign]) {
        const whole = log.with(3, one)
        const held = log.with(3, JSON.stringify([leavesOf(whole)[3]?.toString('hex'), 'evicted']))
        const filled = [{ index: 3, entry: { state: 'quarantined' } }]
        expect(verify(bodyOf(whole, 0), 0, held)).toMatchObject({ ok: true, filled })
      }
    })

    test('fills nothing where the tombstone came again, is of another line, or was erased by order', () => {
      expect(verify(bodyOf(evicted, 0), 0, evicted)).toMatchObject({ ok: true, filled: [] })
      expect(verify(bodyOf(log.with(3, link(77)), 0), 0, evicted)).toMatchObject({ code: 'fork', index: 3 })
      const erased = { boot, held: (all: HeldEntry[]) => all.map((each) => ({ ...each, tombstone: false })) }
      expect(verify(bodyOf(log, 0), 0, evicted, erased)).toMatchObject({ ok: true, filled: [] })
    })
  })

  describe('a store that has lost entries', () => {
    test('says so by a gap, with the size up to which it has no hole, and never calls it a fork', () =>
      fc.assert(
        fc.property(fc.subarray([...log.keys()]), fc.nat(9), fc.boolean(), (lost, from, shuffled) => {
          const held = (all: HeldEntry[]): HeldEntry[] => {
            const left = all.filter(({ index }) => !lost.includes(index))
            return shuffled ? left.toReversed() : left
          }
          const result = verify(bodyOf(log, from), from, log, { boot, held })
          const first = lost.find((index) => index >= from)
          expect(result).toMatchObject(first === undefined ? { ok: true, entries: [] } : { code: 'gap', size: first })
        }),
      ))

    test('the first fault decides: another entry before the hole is a fork', () => {
      const held = (all: HeldEntry[]): HeldEntry[] => all.filter(({ index }) => index !== 5)
      const other = bodyOf(log.with(4, link(77)).with(6, link(78)), 0)
      expect(verify(other, 0, log, { boot, held })).toMatchObject({ code: 'fork', index: 4 })
      expect(verify(bodyOf(log.with(6, link(78)), 0), 0, log, { boot, held })).toMatchObject({ code: 'gap', size: 5 })
    })
  })

  test('cut into messages anywhere, resent with any overlap, a log is taken whole and once', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 10 }))), (cuts) => {
        let stored: string[] = []
        for (const [back, count] of [...cuts, [9, 10] as const]) {
          const from = Math.max(0, stored.length - back)
          const to = Math.min(log.length, from + count)
          if (from === to) continue
          const result = verify(bodyOf(log, from, to), from, stored)
          if (!result.ok) throw new Error(`${result.code}: ${result.detail}`)
          stored = [...stored, ...result.entries.map((entry) => ('line' in entry ? entry.line.toString() : ''))]
          expect(result.frontier).toEqual(frontierOf(log.slice(0, Math.max(stored.length, to))))
        }
        expect(stored).toEqual(log.slice(0, stored.length))
      }),
    ))

  test('never throws, whatever the bytes', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(400), fc.nat(12), (noise, at, from) => {
        const good = bodyOf(log, 0)
        const spoilt = Buffer.concat([good.subarray(0, at * 5), noise, good.subarray(at * 5 + noise.length)])
        for (const body of [Buffer.from(noise), spoilt])
          expect(verify(body, from, log.slice(0, 5))).toHaveProperty('ok')
      }),
    ))

  test('no single bit of a message can be turned without being noticed', () =>
    fc.assert(
      fc.property(fc.nat(), fc.nat(7), (where, bit) => {
        const body = bodyOf(log, 0)
        const at = where % body.length
        body[at] = (body[at] ?? 0) ^ (1 << bit)
        const result = verify(body, 0, [])
        // Only the spare bits of base64 in the signature’s line change nothing.
        expect(result.ok ? result.frontier : frontierOf(log)).toEqual(frontierOf(log))
      }),
    ))

  test('nothing of a new log is stored: the empty tree is where it goes on from', () => {
    expect(verify(bodyOf(log, 1), 1, [])).toMatchObject({ code: 'gap', size: emptyFrontier.size })
  })
})

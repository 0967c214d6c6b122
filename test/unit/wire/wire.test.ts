import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAX_LINE_BYTES, parseEvent } from '#shared/event/event.ts'
import { leafHash } from '#shared/evidence/merkle.ts'
import { readEntries, writeEntries, writeTombstone } from '#shared/wire/entries.ts'
import {
  MAX_ENTRIES,
  MAX_MEDIA_PARTS,
  readMessage,
  readOpenMessage,
  refusals,
  writeMessage,
  type MessageHeader,
} from '#shared/wire/messages.ts'

const uuid = fc.uuid({ version: 4 })
const whole = fc.nat()
const time = fc.constant('2026-01-02T03:04:05.678+08:00')
const kind = fc.constantFrom('policy' as const, 'register' as const, 'media' as const)
const part = fc.integer({ min: 0, max: MAX_MEDIA_PARTS - 1 })
const header: fc.Arbitrary<MessageHeader> = fc.oneof(
  fc.record({ type: fc.constant('events' as const), epoch: uuid, from: whole }),
  fc.record({ type: fc.constant('receipt' as const) }),
  fc.record(
    { type: fc.constantFrom('document' as const, 'applied' as const), kind, part, version: whole },
    { requiredKeys: ['type', 'kind', 'version'] },
  ),
  fc.record({ type: fc.constant('heartbeat' as const), clock: fc.record({ at: time, mono: whole }) }),
  fc.record({
    type: fc.constant('bye' as const),
    reason: fc.constantFrom('refused' as const, 'suspend' as const, 'uninstall' as const),
    code: fc.constantFrom(...refusals),
    index: whole,
  }),
  fc.record(
    {
      type: fc.constant('hello' as const),
      version: fc.string({ maxLength: 512 }),
      boot: uuid,
      clock: fc.record({ at: time, mono: whole }),
      policy: whole,
      register: whole,
      media: fc.array(whole, { maxLength: 5 }),
      epochs: fc.array(fc.record({ epoch: uuid, size: whole }), { maxLength: 5 }),
      more: fc.constant(true as const),
    },
    { requiredKeys: ['type', 'version', 'boot', 'clock', 'policy', 'register', 'media', 'epochs'] },
  ),
)
const junk = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.json(),
  fc.json().map((json) => `{"type":"events","x":${json}}\n\n\n`),
)
const bytesOf = (value: Uint8Array | string): Buffer => Buffer.from(value as string)

describe('messages', () => {
  test('what is written is read back, header and body', () => {
    fc.assert(
      fc.property(header, fc.string({ unit: 'grapheme' }), (written, body) => {
        const message = readMessage(Buffer.from(writeMessage(written, body)))
        expect(message?.header).toEqual(written)
        expect(message?.body.toString()).toBe(body)
      }),
    )
  })

  test('junk is no message, and throws nothing', () => {
    fc.assert(
      fc.property(junk, (bytes) => {
        expect(readMessage(bytesOf(bytes))).toBeUndefined()
      }),
    )
  })

  test('a header is closed: what is unknown or missing makes it none', () => {
    const read = (text: string) => readMessage(Buffer.from(text))
    const epoch = '22222222-2222-4222-8222-222222222222'
    expect(read(`{"type":"events","epoch":"${epoch}","from":0}`)).toBeDefined()
    expect(read(`{"type":"events","epoch":"${epoch}","from":0,"more":1}`)).toBeUndefined()
    expect(read(`{"type":"events","epoch":"${epoch}"}`)).toBeUndefined()
    expect(read(`{"type":"events","epoch":"${epoch}","from":-1}`)).toBeUndefined()
    expect(read('{"type":"toString"}')).toBeUndefined()
  })

  test('what goes to an agent is open: fields that it does not know are left out, and what it does know is the same', () => {
    fc.assert(
      fc.property(header, fc.dictionary(fc.stringMatching(/^x[a-z]{1,8}$/), fc.jsonValue()), (written, unknown) => {
        const message = readOpenMessage(Buffer.from(JSON.stringify({ ...unknown, ...written })))
        expect(message).toEqual({ header: written, body: Buffer.alloc(0) })
      }),
    )
  })

  test('open in all depths: what a newer collector says of an epoch is left out', () => {
    const epoch = { epoch: '22222222-2222-4222-8222-222222222222', size: 1, root: 'a'.repeat(64) }
    const welcome: MessageHeader = {
      type: 'welcome',
      epochs: [epoch],
      window: 2,
      time: '2026-01-02T03:04:05.678+08:00',
    }
    const newer = { ...welcome, epochs: [{ ...epoch, held: true }] }
    expect(readOpenMessage(Buffer.from(JSON.stringify(newer)))).toEqual({ header: welcome, body: Buffer.alloc(0) })
    expect(readMessage(Buffer.from(JSON.stringify(newer)))).toBeUndefined()
  })

  test('an agent skips a message of a type that it does not know, by name, and junk is none', () => {
    const read = (message: string) => readOpenMessage(Buffer.from(message))
    expect(read('{"type":"order","id":7}\nbody')).toEqual({ unknown: 'order' })
    expect(read('{"type":"toString"}')).toEqual({ unknown: 'toString' })
    expect(read('{"type":"receipt","for":7}\nx')).toEqual({ header: { type: 'receipt' }, body: Buffer.from('x') })
    expect(read('{"type":"welcome","window":2}')).toBeUndefined() // what is missing is no addition
    expect(read(`{"type":"${'x'.repeat(100)}"}`)).toEqual({ unknown: 'x'.repeat(64) })
    fc.assert(
      fc.property(junk, (bytes) => {
        const message = readOpenMessage(bytesOf(bytes))
        expect(message === undefined || 'unknown' in message).toBe(true)
      }),
    )
  })
})

describe('entries', () => {
  // Anything but what begins a tombstone or ends a line.
  const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }).filter((text) => !/^\[|\n/.test(text))
  const entry = fc.oneof(
    line.map((text) => ({ text, leaf: leafHash(text) })),
    fc.record({ erased: line, reason: fc.constantFrom('evicted', 'malformed', '') }).map(({ erased, reason }) => ({
      text: writeTombstone(leafHash(erased), reason),
      leaf: leafHash(erased),
    })),
  )

  test('what is written is read back: each leaf, each line, each tombstone, the checkpoint', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 40 }), (entries) => {
        const read = readEntries(
          Buffer.from(
            writeEntries(
              entries.map(({ text }) => text),
              'note\n\n— a b\n',
            ),
          ),
          MAX_ENTRIES,
        )
        if (!read.ok) throw new Error(read.detail)
        expect(read.checkpoint).toBe('note\n\n— a b\n')
        expect(read.entries.map(({ leaf }) => leaf)).toEqual(entries.map(({ leaf }) => leaf))
        const again = read.entries.map((e) => e.line?.toString() ?? writeTombstone(e.leaf, e.reason ?? ''))
        expect(again).toEqual(entries.map(({ text }) => text))
      }),
    )
  })

  test('junk is refused by a code, and throws nothing', () => {
    fc.assert(
      fc.property(junk, (bytes) => {
        const read = readEntries(bytesOf(bytes), MAX_ENTRIES)
        expect(read.ok || ['size', 'malformed'].includes(read.refusal)).toBe(true)
      }),
    )
  })

  test.for([
    ['no empty line', 'a\nb', 'malformed', 0],
    ['an empty entry', '\n\ncheckpoint', 'malformed', 0],
    ['a broken tombstone', '{}\n["ab","x"]\n\ncheckpoint', 'malformed', 1],
    ['a line too long', `{}\n${'x'.repeat(MAX_LINE_BYTES + 1)}\n\ncheckpoint`, 'size', 1],
    ['too many', `${'{}\n'.repeat(501)}\ncheckpoint`, 'size', 500],
  ] as const)('%s', ([, body, refusal, at]) => {
    expect(readEntries(Buffer.from(body), MAX_ENTRIES)).toMatchObject({ ok: false, refusal, at })
  })
})

test('no bytes make an event of what is none, or throw', () => {
  fc.assert(
    fc.property(junk, (bytes) => {
      expect(parseEvent(bytesOf(bytes).toString()).ok).toBe(false)
    }),
  )
})

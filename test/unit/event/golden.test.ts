/** One example of every kind that is sent. They are promises: a line that an agent wrote once is read for ever. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { encodeEvent, MAX_LINE_BYTES, parseEvent } from '#shared/event/event.ts'
import { kindNames } from '#shared/event/kinds.ts'

const folder = new URL('../../fixtures/events/v1/', import.meta.url)
const golden = (kind: string): string => readFileSync(new URL(`${kind}.json`, folder), 'utf8').replace(/\n$/, '')

test('there is one of every kind, and of no other', () => {
  const there = readdirSync(folder).map((name) => name.replace(/\.json$/, ''))
  expect(there.toSorted()).toEqual([...kindNames].toSorted())
})

describe.for(kindNames)('%s', (kind) => {
  const line = golden(kind)
  const parsed = parseEvent(line)

  test('is read, and written again byte for byte', () => {
    expect(parsed).toMatchObject({ ok: true, event: { kind } })
    expect(parsed.ok && encodeEvent(parsed.event)).toBe(line)
  })

  test('a field that nobody knows, or an encoding of one’s own, makes it not understood', () => {
    const event: Record<string, unknown> = JSON.parse(line)
    expect(parseEvent(JSON.stringify({ ...event, more: 1 })).ok).toBe(false)
    expect(parseEvent(JSON.stringify({ ...event, detail: { ...Object(event['detail']), more: 1 } })).ok).toBe(false)
    expect(parseEvent(JSON.stringify({ ...event, subject: { ...Object(event['subject']), more: 1 } })).ok).toBe(false)
    expect(parseEvent(` ${line}`).ok).toBe(false)
    expect(parseEvent(line.replace('"v":1,', '"v":1,"v":1,')).ok).toBe(false)
    expect(parseEvent(line.replace(/"mono":(\d+)/, '"mono":$1.0')).ok).toBe(false)
  })
})

test('a file event stays near 700 bytes', () => {
  expect(Buffer.byteLength(golden('file.copied'))).toBeLessThan(800)
})

test('what is longer than an event may be is not made', () => {
  const parsed = parseEvent(golden('agent.coverage'))
  if (!parsed.ok || parsed.event.kind !== 'agent.coverage') throw new Error('no coverage')
  const wide = '\u0000'.repeat(2048) // six bytes each in JSON
  const { event } = parsed
  expect(encodeEvent({ ...event, detail: { ...event.detail, text: wide } })).toBeDefined()
  const ancestry = Array.from({ length: 16 }, () => '\u0000'.repeat(256))
  const name = 'r'.repeat(64)
  const verdicts = Array.from({ length: 64 }, () => ({
    rule: name,
    policyVersion: 1,
    severity: 'low' as const,
    clause: name,
  }))
  const crowded = { ...event, actor: { ancestry, executable: wide + wide, basis: 'observed' as const }, verdicts }
  expect(Buffer.byteLength(JSON.stringify(crowded))).toBeLessThan(MAX_LINE_BYTES)
  expect(encodeEvent(crowded)).toBeDefined()
  const longer = { ...crowded, detail: { ...event.detail, text: wide } }
  expect(Buffer.byteLength(JSON.stringify(longer))).toBeGreaterThan(MAX_LINE_BYTES)
  expect(encodeEvent(longer)).toBeUndefined()
})

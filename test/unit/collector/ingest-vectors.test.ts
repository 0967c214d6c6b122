/** The collector's checks against the vectors that every second implementation is held against
 *  (docs/protocol.md#verification). */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readBatch, verifyBatch, type KnownLog, type ReadBatch } from '#collector/ingest/verify.ts'
import { append, emptyFrontier, leafHash } from '#shared/evidence/merkle.ts'
import { MAX_MESSAGE_BYTES, readMessage, refusals } from '#shared/wire/messages.ts'

/** A line or a tombstone; one that was erased by order; one that the store had and has no more. */
type Stored = string | { erased: string } | { lost: string }
interface Case {
  name: string
  stored: Stored[]
  message: (string | { repeat: string; times: number })[]
  expect: Outcome
}
interface Outcome {
  outcome: 'taken' | 'stored-already' | 'refused'
  code?: string
  size?: number
  index?: number
  /** Of these, `anotherBoot` for their boot alone. */
  quarantined?: number[]
  anotherBoot?: number[]
  /** Stored in the place of their tombstones. */
  filled?: number[]
}
const { agent, verifierKey, cases } = JSON.parse(
  readFileSync(new URL('../../fixtures/protocol/ingest.json', import.meta.url), 'utf8'),
) as { agent: string; verifierKey: string; cases: Case[] }

const entryOf = (stored: Stored): string =>
  typeof stored === 'string' ? stored : 'erased' in stored ? stored.erased : stored.lost
const leafOf = (entry: string): Buffer =>
  entry.startsWith('[') ? Buffer.from(entry.slice(2, 66), 'hex') : leafHash(entry)

/** What ingest knows of that log. The boot is what the collector kept when the log began. */
function known(stored: readonly Stored[], { from, entries }: ReadBatch): KnownLog {
  const held = stored.flatMap((each, index) => {
    const isThere = index >= from && index < from + entries.length && !(typeof each === 'object' && 'lost' in each)
    return isThere
      ? [{ index, leaf: leafOf(entryOf(each)), tombstone: typeof each === 'string' && each.startsWith('[') }]
      : []
  })
  const [first] = stored
  const boot = first && (JSON.parse(entryOf(first)) as { boot?: string }).boot
  const frontier = append(emptyFrontier, stored.map(entryOf).map(leafOf))
  return { agent, verifierKey, frontier, held, boot }
}

function ingest({ stored, message }: Case): Outcome {
  const parts = message.map((part) => (typeof part === 'string' ? part : part.repeat.repeat(part.times)))
  const bytes = Buffer.from(parts.join(''))
  expect(bytes.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES) // what is over it the socket refuses
  const read = readMessage(bytes)
  if (read?.header.type !== 'events') return { outcome: 'refused', code: 'malformed' }
  const batch = readBatch(read.header, read.body)
  if (!batch.ok) return { outcome: 'refused', ...batch }
  const verified = verifyBatch(batch, known(stored, batch))
  if (!verified.ok) return { outcome: 'refused', ...verified }
  const { entries, frontier, from } = verified
  const filled = verified.filled.map(({ index }) => index)
  if (entries.length === 0) return { outcome: 'stored-already', size: frontier.size, filled }
  const quarantined = entries.flatMap((entry, at) =>
    entry.state === 'quarantined' ? [{ index: from + at, reason: entry.reason }] : [],
  )
  return {
    outcome: 'taken',
    size: frontier.size,
    quarantined: quarantined.map(({ index }) => index),
    anotherBoot: quarantined.filter(({ reason }) => reason === 'another boot').map(({ index }) => index),
    filled,
  }
}

test.for(cases)('$name', (one) => expect(ingest(one)).toMatchObject(one.expect))

test('each outcome and each refusal is among them', () => {
  const said = cases.map((one) => one.expect.code ?? one.expect.outcome)
  expect(new Set(said)).toEqual(new Set(['taken', 'stored-already', ...refusals]))
})

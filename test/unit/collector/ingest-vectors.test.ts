/** The collector's checks against the vectors that every second implementation is held against (docs/protocol.md §9). */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readBatch, verifyBatch } from '#collector/ingest/verify.ts'
import { append, emptyFrontier, leafHash } from '#shared/evidence/merkle.ts'
import { MAX_MESSAGE_BYTES, readMessage } from '#shared/wire/messages.ts'

interface Case {
  name: string
  stored: string[]
  message: (string | { repeat: string; times: number })[]
  expect: { outcome: string; code?: string; size?: number; index?: number; quarantined?: number[] }
}
const { agent, verifierKey, cases } = JSON.parse(
  readFileSync(new URL('../../fixtures/protocol/ingest.json', import.meta.url), 'utf8'),
) as { agent: string; verifierKey: string; cases: Case[] }

const leafOf = (entry: string): Buffer =>
  entry.startsWith('[') ? Buffer.from(entry.slice(2, 66), 'hex') : leafHash(entry)

function ingest({ stored, message }: Case): Case['expect'] {
  const parts = message.map((part) => (typeof part === 'string' ? part : part.repeat.repeat(part.times)))
  const bytes = Buffer.from(parts.join(''))
  expect(bytes.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES) // what is over it the socket refuses
  const read = readMessage(bytes)
  if (read?.header.type !== 'events') return { outcome: 'refused', code: 'malformed' }
  const batch = readBatch(read.header, read.body)
  if (!batch.ok) return { outcome: 'refused', ...batch }
  const leaves = stored.map(leafOf)
  const held = leaves.slice(batch.from, batch.from + batch.entries.length)
  const verified = verifyBatch(batch, { agent, verifierKey, frontier: append(emptyFrontier, leaves), held })
  if (!verified.ok) return { outcome: 'refused', ...verified }
  const { entries, frontier, from } = verified
  if (entries.length === 0) return { outcome: 'stored-already', size: frontier.size }
  const quarantined = entries.flatMap(({ state }, at) => (state === 'quarantined' ? [from + at] : []))
  return { outcome: 'taken', size: frontier.size, quarantined }
}

test.for(cases)('$name', (one) => expect(ingest(one)).toMatchObject(one.expect))

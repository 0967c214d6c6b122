/** Holds shared/ against test/fixtures/protocol, byte for byte: what any second implementation is held against too. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { Value } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { parseEvent } from '#shared/event/event.ts'
import {
  makeReceipt,
  openCheckpoint,
  openReceipt,
  readCheckpoint,
  signCheckpoint,
} from '#shared/evidence/checkpoint.ts'
import { append, emptyFrontier, leafHash, rootOf } from '#shared/evidence/merkle.ts'
import { cosignatureVerifierKey, noteVerifierKey, parseNote, signNote } from '#shared/evidence/note.ts'
import { openMediaPart, openPolicy, openRegister, type OpenedDocument } from '#shared/policy/documents.ts'
import { readEntries, writeEntries, writeTombstone } from '#shared/wire/entries.ts'
import { EnrolRequest } from '#shared/wire/enrolment.ts'
import {
  MAX_ENTRIES,
  readMessage,
  readOpenMessage,
  writeMessage,
  type DocumentKind,
  type Message,
} from '#shared/wire/messages.ts'

const folder = new URL('../../fixtures/protocol/', import.meta.url)
const text = (name: string): string => readFileSync(new URL(name, folder), 'utf8')
const vectors = (name: string): unknown => JSON.parse(text(name))

interface Keys {
  agent: string
  epoch: string
  collector: string
  keys: { of: string; name: string; type: 1 | 4; seed: string; verifierKey: string }[]
}
const { agent, keys } = vectors('keys.json') as Keys
/** PKCS#8 of an Ed25519 key is this and the seed (RFC 8410 §7). */
const keyFromSeed = (seed: string): KeyObject =>
  createPrivateKey({ key: Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex'), format: 'der', type: 'pkcs8' })
const keyOf = (of: string): { signer: { name: string; privateKey: KeyObject }; verifierKey: string } => {
  const found = keys.find((key) => key.of === of)
  if (found === undefined) throw new Error(`keys.json has no key of ${of}`)
  return { signer: { name: found.name, privateKey: keyFromSeed(found.seed) }, verifierKey: found.verifierKey }
}
const read = (message: string): Message => {
  const found = readMessage(Buffer.from(message))
  if (found === undefined) throw new Error(`no message: ${message.slice(0, 80)}`)
  return found
}

test.for(keys)('the verifier key of the $of comes from its seed', ({ name, type, seed, verifierKey }) => {
  const made = (type === 1 ? noteVerifierKey : cosignatureVerifierKey)(name, createPublicKey(keyFromSeed(seed)))
  expect(made).toBe(verifierKey)
})

const trees = vectors('trees.json') as {
  leaves: { text: string; hash: string }[]
  roots: { size: number; root: string }[]
}
test('leaf hashes', () =>
  expect(trees.leaves.map((leaf) => leafHash(leaf.text).toString('hex'))).toEqual(trees.leaves.map(({ hash }) => hash)))
test.for(trees.roots)('the root of $size leaves, whole or one by one', ({ size, root }) => {
  const leaves = trees.leaves.slice(0, size).map((leaf) => leafHash(leaf.text))
  expect(rootOf(append(emptyFrontier, leaves)).toString('hex')).toBe(root)
  const grown = leaves.reduce((frontier, leaf) => append(frontier, [leaf]), emptyFrontier)
  expect(rootOf(grown).toString('hex')).toBe(root)
})

const lines = vectors('lines.json') as { name: string; line: string; understood: boolean; leaf: string }[]
test.for(lines)('a line with $name', ({ line, understood, leaf }) => {
  expect(parseEvent(line).ok).toBe(understood)
  expect(leafHash(line).toString('hex')).toBe(leaf)
})

describe.each(['foreign-made', 'messages'])('%s', (where) => {
  test('the checkpoint is signed alike, and the message written alike', () => {
    const message = text(`${where}/events.txt`)
    const { header, body } = read(message)
    const found = readEntries(body, MAX_ENTRIES)
    if (header.type !== 'events' || !found.ok) throw new Error('no events')
    const { entries, checkpoint } = found
    const frontier = append(
      emptyFrontier,
      entries.map(({ leaf }) => leaf),
    )
    expect(signCheckpoint({ agent, epoch: header.epoch, frontier }, keyOf('agent').signer)).toBe(checkpoint)
    const written = entries.map((e) => e.line?.toString() ?? writeTombstone(e.leaf, e.reason ?? ''))
    expect(writeMessage(header, writeEntries(written, checkpoint))).toBe(message)
  })

  test('the receipt is cosigned alike', () => {
    const checkpoint = text(`${where}/events.txt`).split('\n\n').slice(1).join('\n\n')
    const { body } = read(text(`${where}/receipt.txt`))
    const collector = keyOf('collector')
    const receipt = openReceipt(body.toString(), [collector.verifierKey])
    expect(receipt).toMatchObject(readCheckpoint(checkpoint) ?? {})
    expect(makeReceipt(checkpoint, collector.signer, receipt?.seconds ?? 0)).toBe(body.toString())
    expect(openCheckpoint(body.toString(), keyOf('agent').verifierKey)).toEqual(readCheckpoint(checkpoint))
  })
})

test.for(readdirSync(new URL('messages/', folder)))('the message %s is written as it is read', (name) => {
  const message = text(`messages/${name}`)
  const { header, body } = read(message)
  expect(name.replace(/[-.].*/, '')).toBe(header.type)
  expect(writeMessage(header, body.toString())).toBe(message)
})

test.for(readdirSync(new URL('messages/', folder)))(
  'an agent reads %s alike, whatever a newer collector adds',
  (name) => {
    const message = text(`messages/${name}`)
    const { header, body } = read(message)
    const newer = `${JSON.stringify({ ...header, colour: 'red' })}${body.length > 0 ? `\n${body.toString()}` : ''}`
    expect(readMessage(Buffer.from(newer))).toBeUndefined()
    for (const each of [message, newer]) expect(readOpenMessage(Buffer.from(each))).toEqual({ header, body })
  },
)

test.for(vectors('receipts.json') as { name: string; note: string; seconds?: number }[])(
  'a receipt: $name',
  ({ note, seconds }) => expect(openReceipt(note, [keyOf('collector').verifierKey])?.seconds).toBe(seconds),
)

const opening: { [K in DocumentKind]: (note: string) => OpenedDocument<unknown> } = {
  policy: (note) => openPolicy(note, [keyOf('office').verifierKey]),
  register: (note) => openRegister(note, [keyOf('register').verifierKey], agent),
  media: (note) => openMediaPart(note, [keyOf('register').verifierKey]),
}
const signing = { policy: 'office', register: 'register', media: 'register' }

test.for(['policy', 'register', 'media'] as const)('the %s is signed alike, and nothing of it is left out', (kind) => {
  const note = text(`${kind}.txt`)
  const opened = opening[kind](note)
  if (!opened.ok) throw new Error(opened.reason.en)
  expect(opened.skipped).toEqual([])
  expect(parseNote(note)?.text).toBe(`shoumi.1/${kind}\n${JSON.stringify(opened.document)}\n`)
  expect(signNote(`shoumi.1/${kind}\n${JSON.stringify(opened.document)}\n`, keyOf(signing[kind]).signer)).toBe(note)
})
test.for(vectors('documents-bad.json') as { kind: DocumentKind; why: string; note: string }[])(
  'no $kind: $why',
  ({ kind, note }) => expect(opening[kind](note).ok).toBe(false),
)
test.for(
  vectors('documents-newer.json') as {
    kind: DocumentKind
    why: string
    note: string
    taken: object
    skipped: string[]
  }[],
)('a $kind all the same: $why', ({ kind, note, taken, skipped }) =>
  expect(opening[kind](note)).toEqual({ ok: true, document: taken, skipped }),
)

const request = /^.+$/m.exec(text('enrol/request.json'))?.[0] ?? ''
test('the request of an enrolment is one, as it is on the wire', () => {
  expect(Value.Check(EnrolRequest, JSON.parse(request))).toBe(true)
  expect(JSON.stringify(JSON.parse(request))).toBe(request)
})
test.for(vectors('enrol-requests.json') as { name: string; taken: boolean; body: unknown }[])(
  'an enrolment: $name',
  ({ taken, body }) => expect(Value.Check(EnrolRequest, body)).toBe(taken),
)

interface Case {
  name: string
  message: (string | { repeat: string; times: number })[]
  expect: { outcome: string; code?: string; index?: number }
}
/** What the first checks make of it, as far as reading alone can say; the rest needs a store: the collector's ingest, and
 *  test/independent/go. */
function readBy(message: Case['message']): { code: string | undefined; index?: number } {
  const parts = message.map((part) => (typeof part === 'string' ? part : part.repeat.repeat(part.times)))
  const found = readMessage(Buffer.from(parts.join('')))
  if (found?.header.type !== 'events') return { code: 'malformed' }
  const entries = readEntries(found.body, MAX_ENTRIES)
  if (!entries.ok) return { code: entries.refusal, index: found.header.from + entries.at }
  return { code: openCheckpoint(entries.checkpoint, keyOf('agent').verifierKey) ? undefined : 'signature' }
}
const cases = (vectors('ingest.json') as { cases: Case[] }).cases.filter(({ expect: { code } }) => code !== 'identity')
test.for(cases)('reading: $name', ({ message, expect: wanted }) => {
  const byReading = ['size', 'malformed', 'signature'].includes(wanted.code ?? '')
  const { code, index } = wanted
  expect(readBy(message)).toMatchObject(
    byReading ? { code, ...(index !== undefined && { index }) } : { code: undefined },
  )
})

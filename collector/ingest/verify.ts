/** What an `events` message has to be before anyone gets a receipt for it (docs/protocol.md#verification). Pure: bytes and
 *  what is stored of the log in, a verified batch or a refusal out; never throws, whatever the bytes. */
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { eventSchema, parseEvent, type Found } from '#shared/event/event.ts'
import { Previous } from '#shared/event/kinds.ts'
import { openCheckpoint, readCheckpoint } from '#shared/evidence/checkpoint.ts'
import { append, rootOf, type Frontier } from '#shared/evidence/merkle.ts'
import type { VerifierKey } from '#shared/evidence/note.ts'
import { Uuid } from '#shared/vocabulary/ids.ts'
import { readEntries, type Entry } from '#shared/wire/entries.ts'
import { MAX_ENTRIES, type HeaderOf, type Refusal } from '#shared/wire/messages.ts'
import type { VerifiedEntry } from './batch.ts'

export interface Refused {
  readonly ok: false
  readonly code: Refusal
  readonly detail: string
  /** The entry at fault, counted in its log. */
  readonly index?: number
  /** With `gap`: what is stored, without a hole. */
  readonly size?: number
}

/** A message taken apart, and not yet believed. */
export interface ReadBatch {
  readonly ok: true
  readonly epoch: string
  readonly from: number
  readonly entries: readonly Entry[]
  readonly checkpoint: string
}

export function readBatch({ epoch, from }: HeaderOf<'events'>, body: Buffer): ReadBatch | Refused {
  const read = readEntries(body, MAX_ENTRIES)
  if (!read.ok) return { ok: false, code: read.refusal, detail: read.detail, index: from + read.at }
  return { ok: true, epoch, from, entries: read.entries, checkpoint: read.checkpoint }
}

/** What is stored at an index that the message covers as well. */
export interface HeldEntry {
  readonly index: number
  readonly leaf: Buffer
  /** A tombstone that a later line may fill: `false` for a line, and for what was erased by order. */
  readonly tombstone: boolean
}

export interface KnownLog {
  readonly agent: string
  readonly verifierKey: VerifierKey
  /** What is stored of the log; of a new one, nothing. */
  readonly frontier: Frontier
  /** The boot of the log's first entry; undefined for a new log, and where that entry does not say. */
  readonly boot?: string | undefined
  /** All that is stored from the message's first entry to its last, in any order. What is below the stored size and not
   *  here is a hole. */
  readonly held: readonly HeldEntry[]
}

/** What the log's first entry says of itself, as far as it is right: also where a newer agent's words are not understood. */
export interface LogStart {
  readonly boot?: string
  readonly found?: Found
  /** The log that it names as the one before it; what is missing in it was no such thing. */
  readonly previous?: { readonly epoch: string } & Partial<Pick<Previous, 'size' | 'root' | 'ended'>>
}

export interface Verified {
  readonly ok: true
  /** Index of the first entry that is new. */
  readonly from: number
  /** Only what is new; empty where all of it is stored already. */
  readonly entries: readonly VerifiedEntry[]
  /** Lines whose tombstones are stored: each is to be stored in its tombstone's place. */
  readonly filled: readonly FilledEntry[]
  /** After the last entry. */
  readonly frontier: Frontier
  /** Of a new log, and only of it. */
  readonly start?: LogStart
}
export interface FilledEntry {
  readonly index: number
  readonly entry: Exclude<VerifiedEntry, { state: 'tombstone' }>
}

/** The checks of docs/protocol.md#verification from the checkpoint on, in their order. A refusal stores nothing; of what is
 *  verified, `entries` and `filled` belong into one commit, before the receipt. */
export function verifyBatch(batch: ReadBatch, known: KnownLog): Verified | Refused {
  const { epoch, from, entries } = batch
  const { size } = known.frontier
  const end = from + entries.length
  const claimed = readCheckpoint(batch.checkpoint)
  if (claimed === undefined) return refuse('signature', 'what follows the entries is no checkpoint')
  if (claimed.agent !== known.agent || claimed.epoch !== epoch)
    return refuse('identity', 'the checkpoint is of another log than the certificate and the message say')
  if (openCheckpoint(batch.checkpoint, known.verifierKey) === undefined)
    return refuse('signature', 'the agent’s key did not sign the checkpoint')
  if (from > size) return { ...refuse('gap', `nothing is stored between ${size} and ${from}`), size }
  const start = from === 0 ? startIn(entries[0]) : {}
  if (start === undefined) return { ...refuse('start', 'the log does not begin with agent.started'), index: 0 }
  const boot = size === 0 ? start.boot : known.boot
  const overlap = compare(batch, known, boot)
  if (!overlap.ok) return overlap
  const { filled } = overlap
  if (claimed.size !== end)
    return refuse('root', `the checkpoint is of ${claimed.size} entries, the message ends at ${end}`)
  if (end <= size) return { ok: true, from: end, entries: [], filled, frontier: known.frontier }
  const fresh = entries.slice(size - from)
  const leaves = fresh.map(({ leaf }) => leaf)
  const frontier = append(known.frontier, leaves)
  if (!rootOf(frontier).equals(claimed.root)) return refuse('root', 'the entries do not give the checkpoint’s root')
  const understood = fresh.map((entry) => understand(entry, boot))
  return { ok: true, from: size, entries: understood, filled, frontier, ...(size === 0 && { start }) }
}

const refuse = (code: Refusal, detail: string): Refused => ({ ok: false, code, detail })

/** Each entry below the stored size against what is stored at its index, in turn: the first fault decides. */
function compare(
  { from, entries }: ReadBatch,
  { held, frontier }: KnownLog,
  boot: string | undefined,
): { ok: true; filled: FilledEntry[] } | Refused {
  const stored = new Map(held.map((each) => [each.index, each]))
  const filled: FilledEntry[] = []
  for (const [at, entry] of entries.slice(0, frontier.size - from).entries()) {
    const index = from + at
    const there = stored.get(index)
    if (there === undefined)
      return { ...refuse('gap', `the store has lost entries of this log, the first at index ${index}`), size: index }
    if (!there.leaf.equals(entry.leaf)) return { ...refuse('fork', 'another entry is stored at this index'), index }
    if (there.tombstone && entry.line !== undefined) filled.push({ index, entry: readLine(entry.line, boot) })
  }
  return { ok: true, filled }
}

const understand = ({ leaf, line, reason }: Entry, boot: string | undefined): VerifiedEntry =>
  line === undefined ? { state: 'tombstone', leaf, reason } : readLine(line, boot)

/** Proved, and perhaps not understood: then kept raw, for a refused event would jam its agent for ever. So is an event
 *  of another boot than that of its log's first entry; where that one says none, of any. */
function readLine(line: Buffer, boot: string | undefined): FilledEntry['entry'] {
  const parsed = parseEvent(line.toString('utf8'))
  if (!parsed.ok) return { state: 'quarantined', line, reason: parsed.reason }
  if (parsed.event.boot !== boot) return { state: 'quarantined', line, reason: 'another boot' }
  return { state: 'event', event: parsed.event, line }
}

const { found: Found } = eventSchema('agent.started').properties
const { size: Size, root: Root, ended: Ended } = Previous.properties

/** The first entry, where it says `agent.started`, even in the words of a newer version; undefined where it does not. */
function startIn(entry: Entry | undefined): LogStart | undefined {
  if (entry?.line === undefined) return undefined
  try {
    const value: unknown = JSON.parse(entry.line.toString('utf8'))
    if (field(value, 'kind') !== 'agent.started') return undefined
    const boot = right(Uuid, field(value, 'boot'))
    const found = right(Found, field(value, 'found'))
    const previous = previousIn(field(field(value, 'detail'), 'previous'))
    return { ...(boot && { boot }), ...(found && { found }), ...(previous && { previous }) }
  } catch {
    return undefined
  }
}

function previousIn(value: unknown): LogStart['previous'] {
  const epoch = right(Uuid, field(value, 'epoch'))
  if (epoch === undefined) return undefined
  const size = right(Size, field(value, 'size'))
  const root = right(Root, field(value, 'root'))
  const ended = right(Ended, field(value, 'ended'))
  return { epoch, ...(size !== undefined && { size }), ...(root && { root }), ...(ended && { ended }) }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
const right = <S extends TSchema>(schema: S, value: unknown): Static<S> | undefined =>
  Value.Check(schema, value) ? value : undefined

/** What an `events` message has to be before anyone gets a receipt for it (CONTRACTS §4). Pure: bytes and what is stored of
 *  the log in, a verified batch or a refusal out; never throws, whatever the bytes. */
import { parseEvent } from '#shared/event/event.ts'
import { openCheckpoint, readCheckpoint } from '#shared/evidence/checkpoint.ts'
import { append, rootOf, type Frontier } from '#shared/evidence/merkle.ts'
import type { VerifierKey } from '#shared/evidence/note.ts'
import { uuidPattern } from '#shared/vocabulary/ids.ts'
import { readEntries, type Entry } from '#shared/wire/entries.ts'
import { MAX_ENTRIES, type HeaderOf, type Refusal } from '#shared/wire/messages.ts'
import type { VerifiedEntry } from './batch.ts'

export interface Refused {
  readonly ok: false
  readonly code: Refusal
  readonly detail: string
  /** The entry at fault, counted in its log. */
  readonly index?: number
  /** With `gap`: what is stored. */
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

export interface KnownLog {
  readonly agent: string
  readonly verifierKey: VerifierKey
  /** What is stored of the log; of a new one, nothing. */
  readonly frontier: Frontier
  /** The leaf hashes that are stored where the message overlaps, from its first entry on. */
  readonly held: readonly Buffer[]
}

export interface Verified {
  readonly ok: true
  /** Index of the first entry that is new. */
  readonly from: number
  /** Only what is new; empty where all of it is stored already. */
  readonly entries: readonly VerifiedEntry[]
  /** After the last entry. */
  readonly frontier: Frontier
  readonly previous?: string
}

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
  const differs = known.held.findIndex((leaf, at) => entries[at] !== undefined && !entries[at].leaf.equals(leaf))
  if (differs >= 0) return { ...refuse('fork', 'another entry is stored at this index'), index: from + differs }
  if (claimed.size !== end)
    return refuse('root', `the checkpoint is of ${claimed.size} entries, the message ends at ${end}`)
  if (end <= size) return { ok: true, from: end, entries: [], frontier: known.frontier }
  const fresh = entries.slice(size - from)
  const leaves = fresh.map(({ leaf }) => leaf)
  const frontier = append(known.frontier, leaves)
  if (!rootOf(frontier).equals(claimed.root)) return refuse('root', 'the entries do not give the checkpoint’s root')
  return { ok: true, from: size, entries: fresh.map(understand), frontier, ...(size === 0 && start) }
}

const refuse = (code: Refusal, detail: string): Refused => ({ ok: false, code, detail })

/** Proved, and perhaps not understood: then kept raw, for a refused event would jam its agent for ever. */
function understand({ leaf, line, reason }: Entry): VerifiedEntry {
  if (line === undefined) return { state: 'tombstone', leaf, reason }
  const parsed = parseEvent(line.toString('utf8'))
  return parsed.ok
    ? { state: 'event', event: parsed.event, line }
    : { state: 'quarantined', line, reason: parsed.reason }
}

/** The first entry, where it says `agent.started`, even in the words of a newer version; undefined where it does not. */
function startIn(entry: Entry | undefined): { previous?: string } | undefined {
  if (entry?.line === undefined) return undefined
  try {
    const value: unknown = JSON.parse(entry.line.toString('utf8'))
    if (field(value, 'kind') !== 'agent.started') return undefined
    const previous = field(field(field(value, 'detail'), 'previous'), 'epoch')
    return typeof previous === 'string' && uuidPattern.test(previous) ? { previous } : {}
  } catch {
    return undefined
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

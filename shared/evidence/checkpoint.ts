/** Checkpoints (C2SP `tlog-checkpoint` v1) of agents' logs, and receipts: a checkpoint that the collector cosigned. */
import { uuidPattern } from '#shared/vocabulary/ids.ts'
import { rootOf, type Frontier } from './merkle.ts'
import { cosignedAt, cosignNote, isSignedBy, parseNote, signNote, type Signer, type VerifierKey } from './note.ts'

/** Both a log's name and where it belongs. */
const originOf = (agent: string, epoch: string): string => `shoumi.1/${agent}/${epoch}`
/** One key for many origins (docs/protocol.md#checkpoint: a deliberate departure from the standard's SHOULD). */
export const agentKeyName = (agent: string): string => `shoumi.1/${agent}`
export const collectorKeyName = (collector: string): string => `shoumi.1/collector/${collector}`

export interface Checkpoint {
  readonly agent: string
  readonly epoch: string
  readonly size: number
  readonly root: Buffer
}

export function signCheckpoint(log: { agent: string; epoch: string; frontier: Frontier }, signer: Signer): string {
  const { agent, epoch, frontier } = log
  return signNote(`${originOf(agent, epoch)}\n${frontier.size}\n${rootOf(frontier).toString('base64')}\n`, signer)
}

/** Reads a checkpoint's text; undefined where it is none of an agent's log. Says nothing of who signed. */
function parseCheckpoint(text: string): Checkpoint | undefined {
  const [, agent, epoch, size, root] =
    /^shoumi\.1\/([0-9a-f-]{36})\/([0-9a-f-]{36})\n(0|[1-9][0-9]{0,14})\n([A-Za-z0-9+/]{43}=)\n$/.exec(text) ?? []
  if (agent === undefined || epoch === undefined || root === undefined) return undefined
  if (!uuidPattern.test(agent) || !uuidPattern.test(epoch)) return undefined
  return { agent, epoch, size: Number(size), root: Buffer.from(root, 'base64') }
}

/** What a checkpoint's note says, whoever signed it. */
export function readCheckpoint(note: string): Checkpoint | undefined {
  const parsed = parseNote(note)
  return parsed && parseCheckpoint(parsed.text)
}

/** What a checkpoint says, where the agent that it names signed it by this key. */
export function openCheckpoint(note: string, key: VerifierKey): Checkpoint | undefined {
  const parsed = parseNote(note)
  return parsed && isSignedBy(parsed, key) ? parseCheckpoint(parsed.text) : undefined
}

/** *I hold every entry up to this size, or its tombstone, on durable storage*: only ever made after the commit. */
export const makeReceipt = (checkpoint: string, signer: Signer, seconds: number): string =>
  cosignNote(checkpoint, signer, seconds)

export interface Receipt extends Checkpoint {
  /** Whole seconds since 1970, by the collector's clock. */
  readonly seconds: number
}

/** What a receipt says, where one of these collectors' keys made it. */
export function openReceipt(note: string, keys: readonly VerifierKey[]): Receipt | undefined {
  const parsed = parseNote(note)
  const checkpoint = parsed && parseCheckpoint(parsed.text)
  if (parsed === undefined || checkpoint === undefined) return undefined
  const seconds = keys.map((key) => cosignedAt(parsed, key)).find((time) => time !== undefined)
  return seconds === undefined ? undefined : { ...checkpoint, seconds }
}

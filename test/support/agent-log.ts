/** An agent's log in memory, with the product's own evidence: batches to be verified. */
import { generateKeyPairSync } from 'node:crypto'
import { agentKeyName, signCheckpoint } from '#shared/evidence/checkpoint.ts'
import { append, emptyFrontier, leafHash, type Frontier } from '#shared/evidence/merkle.ts'
import { noteVerifierKey } from '#shared/evidence/note.ts'
import { writeEntries } from '#shared/wire/entries.ts'

export const agent = '11111111-1111-4111-8111-111111111111'
export const epoch = '22222222-2222-4222-8222-222222222222'
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
export const signer = { name: agentKeyName(agent), privateKey }
export const verifierKey = noteVerifierKey(signer.name, publicKey)

const leafOf = (line: string): Buffer => {
  const [, leaf] = /^\["([0-9a-f]{64})"/.exec(line) ?? []
  return leaf === undefined ? leafHash(line) : Buffer.from(leaf, 'hex')
}
export const leavesOf = (lines: readonly string[]): Buffer[] => lines.map(leafOf)
export const frontierOf = (lines: readonly string[]): Frontier => append(emptyFrontier, leavesOf(lines))

/** What follows the header of an `events` message: these of the log's lines, under a checkpoint after the last. */
export function bodyOf(lines: readonly string[], from: number, to = lines.length, of = { agent, epoch }): Buffer {
  const checkpoint = signCheckpoint({ ...of, frontier: frontierOf(lines.slice(0, to)) }, signer)
  return Buffer.from(writeEntries(lines.slice(from, to), checkpoint))
}

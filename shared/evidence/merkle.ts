/** The Merkle tree of RFC 6962 §2.1 with SHA-256. Whoever appends keeps only the frontier: the roots of the full
 *  subtrees that make up the tree so far, largest first; at most 50 of them at our sizes. */
import { createHash } from 'node:crypto'

const HASH_BYTES = 32
const LEAF = Buffer.from([0])
const NODE = Buffer.from([1])

const sha256 = (...parts: readonly (Buffer | string)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** SHA-256(00 ‖ line); a string is taken as UTF-8. */
export const leafHash = (line: Buffer | string): Buffer => sha256(LEAF, line)
const nodeHash = (left: Buffer, right: Buffer): Buffer => sha256(NODE, left, right)

export interface Frontier {
  readonly size: number
  readonly hashes: readonly Buffer[]
}

export const emptyFrontier: Frontier = { size: 0, hashes: [] }

/** The frontier with these leaf hashes after the others. The one given is not changed. */
export function append(frontier: Frontier, leaves: Iterable<Buffer>): Frontier {
  const hashes = [...frontier.hashes]
  let { size } = frontier
  for (const leaf of leaves) {
    let hash = leaf
    // Each 1 at the end of the old size is a full subtree as large as what is carried: they join.
    for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) hash = nodeHash(hashes.pop() ?? hash, hash)
    hashes.push(hash)
    size += 1
  }
  return { size, hashes }
}

/** The root of the tree; of the empty tree, SHA-256 of nothing (RFC 6962 §2.1). */
export function rootOf({ hashes }: Frontier): Buffer {
  const last = hashes.at(-1)
  if (last === undefined) return sha256()
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last)
}

/** The frontier as bytes for a store; its size stands beside it. */
export const packFrontier = ({ hashes }: Frontier): Buffer => Buffer.concat(hashes)

export function unpackFrontier(size: number, bytes: Uint8Array): Frontier {
  const hashes = Array.from({ length: bytes.length / HASH_BYTES }, (_, i) =>
    Buffer.from(bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)),
  )
  return { size, hashes }
}

/** The Merkle tree of RFC 6962 §2.1 with SHA-256. Whoever appends keeps only the frontier: the roots of the full
 *  subtrees that make up the tree so far, largest first; at most 50 of them at our sizes. */
import * as crypto from 'node:crypto'

export const HASH_BYTES = 32
/** Hashed by way of a text: a Buffer asked of OpenSSL costs twice as much. */
const sha256 = (bytes: Uint8Array): Buffer => Buffer.from(crypto.hash('sha256', bytes, 'binary'), 'latin1')

// What is hashed is put together here, the prefix already in its place: no call is ever in another's way.
const leafInput = Buffer.alloc(1 + 64 * 1024) // a longer line is no event
const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES, 1)

/** SHA-256(00 ‖ line); a string is taken as UTF-8. */
export function leafHash(line: Uint8Array | string): Buffer {
  const bytes = typeof line === 'string' ? Buffer.from(line) : line
  if (1 + bytes.length > leafInput.length) return sha256(Buffer.concat([leafInput.subarray(0, 1), bytes]))
  leafInput.set(bytes, 1)
  return sha256(leafInput.subarray(0, 1 + bytes.length))
}

function nodeHash(left: Buffer, right: Buffer): Buffer {
  nodeInput.set(left, 1)
  nodeInput.set(right, 1 + HASH_BYTES)
  return sha256(nodeInput)
}

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
  // A frontier is kept as long as its agent is connected: it must not hold on to the pool that new hashes come from.
  return unpackFrontier(size, packFrontier({ size, hashes }))
}

/** The root of the tree; of the empty tree, SHA-256 of nothing (RFC 6962 §2.1). */
export function rootOf({ hashes }: Frontier): Buffer {
  const last = hashes.at(-1)
  if (last === undefined) return sha256(new Uint8Array())
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last)
}

/** The frontier as bytes for a store; its size stands beside it. */
export const packFrontier = ({ hashes }: Frontier): Buffer => Buffer.concat(hashes)

export function unpackFrontier(size: number, bytes: Uint8Array): Frontier {
  const { buffer } = new Uint8Array(bytes) // one copy, and memory of its own
  const hashes = Array.from({ length: bytes.length / HASH_BYTES }, (_, i) =>
    Buffer.from(buffer, i * HASH_BYTES, HASH_BYTES),
  )
  return { size, hashes }
}

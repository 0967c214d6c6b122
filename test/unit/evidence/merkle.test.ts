import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { append, emptyFrontier, leafHash, packFrontier, rootOf, unpackFrontier } from '#shared/evidence/merkle.ts'

const sha256 = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()

/** RFC 6962 §2.1, as it stands there. */
function merkleTreeHash(entries: readonly Buffer[]): Buffer {
  const [only] = entries
  if (only === undefined) return sha256()
  if (entries.length === 1) return sha256(Buffer.from([0]), only)
  let split = 1
  while (split * 2 < entries.length) split *= 2
  return sha256(Buffer.from([1]), merkleTreeHash(entries.slice(0, split)), merkleTreeHash(entries.slice(split)))
}

test('the root by frontier is that of RFC 6962, at every size', () => {
  const entries = Array.from({ length: 130 }, (_, i) => Buffer.from(`entry ${i}`))
  let frontier = emptyFrontier
  for (const [size, entry] of entries.entries()) {
    expect(rootOf(frontier)).toEqual(merkleTreeHash(entries.slice(0, size)))
    frontier = append(frontier, [leafHash(entry)])
  }
})

test('however the entries are portioned out, the root is that of the whole, and what was before stands', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), { maxLength: 12 }),
      (portions) => {
        const buffers = portions.map((portion) => portion.map((bytes) => Buffer.from(bytes)))
        const frontiers = [emptyFrontier]
        for (const portion of buffers)
          frontiers.push(
            append(
              frontiers.at(-1) ?? emptyFrontier,
              portion.map((entry) => leafHash(entry)),
            ),
          )
        for (const [i, frontier] of frontiers.entries()) {
          const entries = buffers.slice(0, i).flat()
          expect(frontier.size).toBe(entries.length)
          expect(rootOf(frontier)).toEqual(merkleTreeHash(entries))
          expect(unpackFrontier(frontier.size, packFrontier(frontier))).toEqual(frontier)
        }
      },
    ),
  )
})

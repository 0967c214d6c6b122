import { expect, test } from 'vitest'
import { intoParts } from '#collector/policy/parts.ts'
import { MAX_PART_MEDIA, type RegisteredMedium } from '#shared/policy/documents.ts'

const medium = (n: number): RegisteredMedium => ({
  id: `M${String(n).padStart(5, '0')}`,
  level: 'internal',
  identity: { usbSerial: `S${n}` },
})
const list = (from: number, to: number): RegisteredMedium[] =>
  Array.from({ length: to - from }, (_, at) => medium(from + at))
const sizes = (parts: readonly (readonly unknown[])[]): number[] => parts.map(({ length }) => length)

test('no medium gives no part', () => expect(intoParts([], [])).toEqual([]))

test('the first parts are filled up', () => {
  expect(sizes(intoParts([], list(0, 2 * MAX_PART_MEDIA + 3)))).toEqual([MAX_PART_MEDIA, MAX_PART_MEDIA, 3])
})

test('a medium that goes leaves the others where they are; the next that comes takes its room', () => {
  const before = intoParts([], list(0, 2 * MAX_PART_MEDIA))
  const without = intoParts(before, [...list(0, 5), ...list(6, 2 * MAX_PART_MEDIA)])
  expect(sizes(without)).toEqual([MAX_PART_MEDIA - 1, MAX_PART_MEDIA])
  expect(without[1]).toEqual(before[1])
  const again = intoParts(without, [...list(0, 5), ...list(6, 2 * MAX_PART_MEDIA), medium(900)])
  expect(again[0]?.at(-1)).toEqual(medium(900))
  expect(again[1]).toEqual(before[1])
})

test('an empty part stays', () => {
  const before = intoParts([], list(0, MAX_PART_MEDIA + 1))
  expect(sizes(intoParts(before, list(MAX_PART_MEDIA, MAX_PART_MEDIA + 1)))).toEqual([0, 1])
  expect(sizes(intoParts(before, []))).toEqual([0, 0])
})

test('another order of the same list changes nothing; another level changes its own part alone', () => {
  const before = intoParts([], list(0, 600))
  expect(intoParts(before, list(0, 600).toReversed())).toEqual(before)
  const other = list(0, 600).map((each): RegisteredMedium =>
    each.id === 'M00300' ? { ...each, level: 'secret' } : each,
  )
  const changed = intoParts(before, other).map((part, at) => JSON.stringify(part) !== JSON.stringify(before[at]))
  expect(changed).toEqual([false, true, false])
})

test('through any changes no medium is lost, doubled or moved, and no part is too large', () => {
  let seed = 7
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
  let parts: RegisteredMedium[][] = []
  let media: RegisteredMedium[] = []
  for (let round = 0; round < 60; round++) {
    const gone = new Set(Array.from({ length: random(200) }, () => random(media.length + 1)))
    const fresh = list(round * 1_000, round * 1_000 + random(400))
    media = [...media.filter((_, at) => !gone.has(at)), ...fresh]
    const placeBefore = new Map(parts.flatMap((part, at) => part.map(({ id }) => [id, at] as const)))
    parts = intoParts(parts, media)
    expect(
      parts
        .flat()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(media.map(({ id }) => id).toSorted())
    for (const [at, part] of parts.entries()) {
      expect(part.length).toBeLessThanOrEqual(MAX_PART_MEDIA)
      for (const { id } of part) expect(placeBefore.get(id) ?? at).toBe(at)
    }
  }
  expect(media.length).toBeGreaterThan(4 * MAX_PART_MEDIA)
})

import { expect, test } from 'vitest'
import { branchPlaceOf, type LogBefore, type KnownLogs } from '#collector/ingest/succession.ts'

const log = (id: number, over: Partial<LogBefore> = {}): LogBefore => ({
  id,
  epoch: `e${id}`,
  size: 10,
  root: `r${id}`,
  branch: 1,
  position: id,
  ...over,
})
const none: KnownLogs = {
  newest: undefined,
  named: undefined,
  instead: undefined,
  replacement: undefined,
  successor: undefined,
  next: undefined,
}
const one = { ...none, newest: log(1), named: log(1) }
const names = (over: object = {}) => ({ epoch: 'e1', size: 10, root: 'r1', ended: 'clean' as const, ...over })

test.for([
  ['the very first log begins a branch', undefined, none, { branch: null, position: 1 }, false],
  ['one that names the newest goes on from it', names(), one, { branch: 1, position: 2 }, false],
  ['one that names nothing is broken', undefined, one, { branch: null, position: 2 }, true],
  [
    'one that names what is not stored is broken',
    names({ epoch: 'x' }),
    { ...one, named: undefined },
    { branch: null },
    true,
  ],
  ['also where nothing is stored', names(), none, { branch: null, position: 1 }, true],
  ['another root is broken, and stays in the branch', names({ root: 'x' }), one, { branch: 1, position: 2 }, true],
  ['a larger size is broken', names({ size: 11 }), one, { branch: 1 }, true],
  ['a smaller size is broken', names({ size: 9, ended: 'unclean' }), one, { branch: 1 }, true],
  ['a smaller size of a damaged log is not', names({ size: 9, ended: 'damaged' }), one, { branch: 1 }, false],
  ['no size at all is broken', { epoch: 'e1' }, one, { branch: 1 }, true],
  [
    'a tip of another branch goes on from it',
    names(),
    { ...one, newest: log(5, { branch: 5 }) },
    { branch: 1, position: 6 },
    false,
  ],
] as const)('%s', ([, previous, known, place, broken]) => {
  const found = branchPlaceOf(previous, known)
  expect(found).toMatchObject({ ...place, replaces: null, forkedWith: [] })
  expect(found.broken !== undefined).toBe(broken)
})

test('a second log that names one predecessor is a fork and begins a branch of its own', () => {
  expect(branchPlaceOf(names(), { ...one, newest: log(2), successor: log(2) })).toMatchObject({
    branch: null,
    forkedWith: [2],
  })
})

test.for([
  ['behind the refused one', { ...one, next: undefined }, 10, 2, false],
  ['ahead of what comes next', { ...one, newest: log(2), successor: log(2), next: log(2) }, 4, 1.5, false],
  [
    'behind what took its place before',
    { ...one, replacement: log(3, { position: 1.5 }), next: log(2) },
    4,
    1.75,
    false,
  ],
  ['broken where it names more than is stored', one, 11, 2, true],
] as const)('a replacement stands %s', ([, known, size, position, broken]) => {
  const found = branchPlaceOf(names({ size, ended: 'refused' }), known)
  expect(found).toMatchObject({ branch: 1, position, replaces: 1, forkedWith: [] })
  expect(found.broken !== undefined).toBe(broken)
})

test('a later log may name the refused one with the size that it had, or its replacement', () => {
  const known = { ...one, newest: log(3), replacement: log(3) }
  expect(branchPlaceOf(names({ size: 25, root: 'x' }), known)).toMatchObject({ branch: 1, position: 4, forkedWith: [] })
  expect(branchPlaceOf(names({ size: 25, root: 'x' }), known).broken).toBeUndefined()
  expect(branchPlaceOf(names({ size: 3, root: 'x' }), known).broken).toBeDefined()
})

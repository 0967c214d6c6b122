import { expect, test } from 'vitest'
import { fold, isFound } from '#collector/console/pages/incident/folded.ts'
import type { EventView } from '#collector/console/shapes.ts'

const event = (id: number, over: Partial<EventView> = {}): EventView => ({
  id,
  agent: '',
  epoch: '',
  index: id,
  at: id,
  unverified: false,
  receivedAt: id,
  receivedLate: false,
  kind: 'file.copied',
  found: 'live',
  rules: [],
  ...over,
})
const files = (from: number, count: number): EventView[] =>
  Array.from({ length: count }, (_, n) => event(from + n, { file: { copy: '', path: `/u/${Math.floor(n / 3)}.docx` } }))

test('3,000 copied files are one line, between what happened before and after', () => {
  const pieces = fold([
    event(0, { kind: 'medium.connected' }),
    ...files(1, 9_000),
    event(9_999, { kind: 'medium.removed' }),
  ])
  expect(pieces.map(({ kind }) => kind)).toEqual(['event', 'crowd', 'event'])
  expect(pieces[1]).toMatchObject({ files: 3_000 })
})

test('a dozen records of files are read one by one', () => {
  expect(fold(files(0, 12)).every(({ kind }) => kind === 'event')).toBe(true)
})

test('is found by its path in whatever case, and by what its kind is called', () => {
  const [one] = files(0, 1)
  expect(one && isFound(one, '文件已拷出', '0.DOCX')).toBe(true)
  expect(one && isFound(one, '文件已拷出', '拷出')).toBe(true)
  expect(one && isFound(one, '文件已拷出', 'xlsx')).toBe(false)
})

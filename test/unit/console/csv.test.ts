import { expect, test } from 'vitest'
import { csv } from '#collector/console/parts/csv.ts'

test.for(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', '\u200B=1'])(
  '%j is no formula in a table',
  (text) => {
    expect(csv([[text]])).toBe(`\uFEFF"'${text}"\r\n`)
  },
)

test('quotes, commas and line breaks stay in their cell', () => {
  expect(csv([['a"b', 'c,d', 'e\nf'], ['编号']])).toBe('\uFEFF"a""b","c,d","e\nf"\r\n"编号"\r\n')
})

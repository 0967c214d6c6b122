import { expect, test } from 'vitest'
import { csvLine } from '#collector/api/tables/csv.ts'

test.for(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', '\u200B=1'])(
  '%j is no formula in a table',
  (text) => {
    expect(csvLine([text])).toBe(`"'${text}"\r\n`)
  },
)

test('quotes, commas and line breaks stay in their cell', () => {
  expect(csvLine(['a"b', 'c,d', 'e\nf', '编号'])).toBe('"a""b","c,d","e\nf","编号"\r\n')
})

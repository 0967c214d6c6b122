import { expect, test } from 'vitest'
import { baseName, shortened, visible } from '#collector/console/parts/visible.ts'
import { hostileNames } from '../../fixtures/hostile-names.ts'

test.for(hostileNames)('nothing of $what stays unseen', ({ name }) => {
  const shown = visible(name)
  expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/u)
  expect(shown).not.toMatch(/\p{M}{6}/u)
  expect(shown.trim()).toBe(shown)
  expect(shown).not.toBe('')
})

test.for([
  ['a name as names are', '工资表 2026 (final).xlsx', '工资表 2026 (final).xlsx'],
  ['a right-to-left override', '表\u202Excod.exe', '表\\u202Excod.exe'],
  ['a newline', 'a\nb', 'a\\u000Ab'],
  ['a tag letter', 'a\u{E0001}', 'a\\u{E0001}'],
  ['blanks around', ' a\u3000', '\\u0020a\\u3000'],
] as const)('%s', ([, name, shown]) => expect(visible(name)).toBe(shown))

test('a long name keeps its beginning and its end, and no character is cut in two', () => {
  expect(shortened('short.docx', 12)).toBe('short.docx')
  expect(shortened(`${'长'.repeat(83)}.docx`, 24)).toBe(`${'长'.repeat(15)}…${'长'.repeat(3)}.docx`)
  expect(shortened('🔑'.repeat(30), 6)).toBe('🔑🔑🔑…🔑🔑')
})

test('the last part of a path is its name', () => {
  expect(['/media/usb/甲/乙.docx', 'plain', '/', '/a/', 'b\\c'].map(baseName)).toEqual([
    '乙.docx',
    'plain',
    '/',
    'a',
    'b\\c',
  ])
})

import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readWrittenFile } from '#base/written-file.ts'
import { folderOfTest } from '../../support/folder-of-test.ts'

test('what a person wrote is read, or refused in words that stand after its name', async () => {
  const folder = folderOfTest()
  const file = join(folder, 'a.yaml')
  await writeFile(file, '密级: 1\n')
  expect(await readWrittenFile(file, 12)).toEqual({ text: '密级: 1\n' })
  expect(await readWrittenFile(file, 9)).toEqual({ fault: 'has 10 bytes (expected 9 at most)', line: 1 })
  expect(await readWrittenFile(folder, 10)).toEqual({ fault: 'is no file (expected a file)', line: 1 })
  expect(await readWrittenFile(join(folder, 'none'), 10)).toEqual({
    fault: expect.stringMatching(/^cannot be read: ENOENT.* \(expected a file\)$/),
    line: 1,
  })
})

test.each([
  [
    'GB18030',
    Buffer.from([0x61, 0x0a, 0xb2, 0xc6, 0xce, 0xf1, 0x0a]),
    'is not in UTF-8 (expected text saved as UTF-8)',
  ],
  ['UTF-16', Buffer.from('a\n财务科', 'utf16le').swap16(), 'is not in UTF-8 (expected text saved as UTF-8)'],
  ['a NUL', Buffer.from('a\n财\0务'), 'has the control character U+0000 (expected text)'],
  ['an escape', Buffer.from('a\r\n\u001B[31m'), 'has the control character U+001B (expected text)'],
])('a file with %s is refused with its line: else a name would hold that nobody wrote', async (_, bytes, fault) => {
  const file = join(folderOfTest(), 'a.yaml')
  await writeFile(file, bytes)
  expect(await readWrittenFile(file, 100)).toEqual({ fault, line: 2 })
})

test('what Windows editors write is text: a mark at its beginning, two characters at a line’s end', async () => {
  const file = join(folderOfTest(), 'a.yaml')
  await writeFile(file, '\uFEFFa: 财\r\n\tb: \u0085\r\n')
  expect(await readWrittenFile(file, 100)).toEqual({ text: '\uFEFFa: 财\r\n\tb: \u0085\r\n' })
})

test.skipIf(process.platform === 'win32')('a pipe in the place of a file is refused, and not waited for', async () => {
  const pipe = join(folderOfTest(), 'a.yaml')
  execFileSync('mkfifo', [pipe])
  expect(await readWrittenFile(pipe, 100)).toEqual({ fault: 'is no file (expected a file)', line: 1 })
})

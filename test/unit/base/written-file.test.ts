import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readWrittenFile } from '#base/written-file.ts'

test('what a person wrote is read, or refused in words that stand after its name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'shoumi-written-'))
  const file = join(folder, 'a.yaml')
  await writeFile(file, '密级: 1\n')
  expect(await readWrittenFile(file, 12)).toEqual({ text: '密级: 1\n' })
  expect(await readWrittenFile(file, 9)).toEqual({ fault: 'has 10 bytes (expected 9 at most)' })
  expect(await readWrittenFile(folder, 10)).toEqual({ fault: 'is no file (expected a file)' })
  expect(await readWrittenFile(join(folder, 'none'), 10)).toEqual({
    fault: expect.stringMatching(/^cannot be read: ENOENT.* \(expected a file\)$/),
  })
})

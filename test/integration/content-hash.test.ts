import { createHash, randomBytes } from 'node:crypto'
import { rm, stat, symlink, truncate, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { hashFile, MAX_HASHED_BYTES, type Expected } from '#agent/content/hash.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { folderOfTest } from '../support/folder-of-test.ts'

let folder = ''
let path = ''
beforeEach(() => {
  folder = folderOfTest()
  path = join(folder, 'file')
})

const expectedOf = async (): Promise<Expected> => {
  const { size: sizeBytes, mtimeMs, dev, ino } = await stat(path)
  return { sizeBytes, mtimeMs, dev, ino }
}
const hash = (expected: Expected, signal = new AbortController().signal): ReturnType<typeof hashFile> =>
  hashFile(path, expected, systemClock, signal)

test.for([0, 1, 256 * 1024, 256 * 1024 + 1, 3_000_000])('hashes %i bytes', async (sizeBytes) => {
  const bytes = randomBytes(sizeBytes)
  await writeFile(path, bytes)
  expect(await hash(await expectedOf())).toEqual({ sha256: createHash('sha256').update(bytes).digest('hex') })
})

test.for<[string, (expected: Expected) => Promise<unknown>, string]>([
  ['deleted', () => unlink(path), 'removed'],
  ['longer', () => writeFile(path, 'xyz'), 'changed'],
  ['rewritten with the same length', () => utimes(path, 1, 1), 'changed'],
  ['replaced by a link', async () => (await unlink(path), await symlink('/etc/passwd', path)), 'changed'],
  ['replaced by a folder', async () => (await rm(path), (path = folder)), 'changed'],
])('a file %s meanwhile has no hash', async ([, meanwhile, why]) => {
  await writeFile(path, 'xy')
  const expected = await expectedOf()
  await meanwhile(expected)
  expect(await hash(expected)).toEqual({ why })
})

test('a file that is cut short while it is read has no hash', async () => {
  await writeFile(path, '')
  await truncate(path, 400 * 1024 * 1024)
  const hashing = hash(await expectedOf())
  await truncate(path, 100)
  expect(await hashing).toEqual({ why: 'changed' })
})

test('a file beyond the limit is not read', async () => {
  await writeFile(path, '')
  await truncate(path, MAX_HASHED_BYTES + 1)
  expect(await hash(await expectedOf())).toEqual({ why: 'too-large' })
})

test('lets go of the file when its volume goes', async () => {
  await writeFile(path, '')
  await truncate(path, MAX_HASHED_BYTES)
  const gone = new AbortController()
  const hashing = hash(await expectedOf(), gone.signal)
  gone.abort()
  expect(await hashing).toEqual({ why: 'removed' })
})

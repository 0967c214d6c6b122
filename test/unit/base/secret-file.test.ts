import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeSecretFile, readIfThere, writeSecretFile } from '#base/secret-file.ts'
import { folderOfTest } from '../../support/folder-of-test.ts'
import { noSmallDisk, smallDisk } from '../../support/small-disk.ts'

test('only its owner reads it, whole, and nothing else is left in the folder', async () => {
  const file = join(folderOfTest(), 'new', 'key')
  await writeSecretFile(file, 'first')
  await writeSecretFile(file, '第二')
  expect(await readIfThere(file)).toBe('第二')
  expect([(await stat(file)).mode & 0o777, (await stat(join(file, '..'))).mode & 0o777]).toEqual([0o600, 0o700])
  expect(await readdir(join(file, '..'))).toEqual(['key'])
})

test('two who write it at once: one of the two is there, whole', async () => {
  const file = join(folderOfTest(), 'key')
  const contents = Array.from({ length: 8 }, (_, at) => String(at).repeat(100_000))
  await Promise.all(contents.map((content) => writeSecretFile(file, content)))
  expect(contents).toContain(await readFile(file, 'utf8'))
  expect(await readdir(join(file, '..'))).toEqual(['key'])
})

test('what cannot take its place leaves nothing behind', async () => {
  const file = join(folderOfTest(), 'key')
  await mkdir(join(file, 'full'), { recursive: true }) // a folder is not replaced by a file
  await expect(writeSecretFile(file, 'content')).rejects.toMatchObject({ code: 'EISDIR' })
  expect(await readdir(join(file, '..'))).toEqual(['key'])
})

test.for([
  ['writeSecretFile', writeSecretFile, 'done', false],
  ['makeSecretFile', makeSecretFile, 'EEXIST', true],
] as const)('%s never writes through a link', async ([, write, ends, stays]) => {
  const directory = folderOfTest()
  const [file, victim] = [join(directory, 'key'), join(directory, 'victim')]
  await writeFile(victim, 'of another')
  await chmod(victim, 0o666)
  await symlink(victim, file)
  expect(
    await write(file, 'x').then(
      () => 'done',
      (error: NodeJS.ErrnoException) => error.code,
    ),
  ).toBe(ends)
  expect(await readFile(victim, 'utf8')).toBe('of another')
  expect((await lstat(file)).isSymbolicLink()).toBe(stays)
})

test('makeSecretFile takes the place of nothing', async () => {
  const file = join(folderOfTest(), 'key')
  await makeSecretFile(file, 'first')
  await expect(makeSecretFile(file, 'second')).rejects.toMatchObject({ code: 'EEXIST' })
  expect(await readIfThere(file)).toBe('first')
})

test('there is none: undefined; any other trouble is said', async () => {
  const directory = folderOfTest()
  expect(await readIfThere(join(directory, 'none'))).toBeUndefined()
  await expect(readIfThere(directory)).rejects.toMatchObject({ code: 'EISDIR' })
})

test.skipIf(noSmallDisk() !== undefined)(
  'where there is no room it says for which file, and leaves nothing',
  async () => {
    using disk = smallDisk(1)
    if (disk === undefined) throw new Error('no disk')
    await disk.fill()
    const file = join(disk.folder, 'key')
    const error: unknown = await writeSecretFile(file, 'x'.repeat(100_000)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ENOSPC', message: expect.stringContaining(file) })
    expect(await readdir(disk.folder)).toEqual(['filler'])
  },
)

import { link, open, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { FileId } from '#agent/platform/files.ts'
import { openFilesOfLinux } from '#agent/platform/linux/open-files.ts'
import { writerOf } from '../support/writer.ts'
import { folderOfTest } from '../support/folder-of-test.ts'
import { eventually } from '../support/eventually.ts'

let folder = ''
beforeEach(() => {
  folder = folderOfTest()
})
const idOf = async (path: string): Promise<FileId> => {
  const { dev, ino } = await stat(path)
  return { path, dev, ino }
}

test.runIf(process.platform === 'linux')('finds what another process has open, until it closes it', async () => {
  const openFiles = openFilesOfLinux()
  const [held, closed] = [join(folder, 'held'), join(folder, 'closed')]
  await writeFile(held, '')
  await writeFile(closed, '')
  const ids = [await idOf(held), await idOf(closed)]
  const writer = writerOf(held)
  await eventually(async () => expect([...(await openFiles(ids)).open]).toEqual([held]))
  expect([...(await openFiles(ids)).open]).toEqual([held]) // asked of the holder that is known
  await writer.close()
  expect([...(await openFiles(ids)).open]).toEqual([])
})

test.runIf(process.platform === 'linux')(
  'a file of the same name elsewhere, or opened by ourselves, is not it',
  async () => {
    const path = join(folder, 'name')
    await writeFile(path, '')
    const elsewhere = folderOfTest()
    const writer = writerOf(join(elsewhere, 'name'))
    await eventually(() => stat(join(elsewhere, 'name')))
    await using _ = await open(path)
    expect([...(await openFilesOfLinux()([await idOf(path)])).open]).toEqual([])
    await writer.close()
  },
)

test.runIf(process.platform === 'linux')('finds it by a name of another case, as vfat has it', async () => {
  const [path, other] = [join(folder, 'REPORT.DOC'), join(folder, 'report.doc')]
  await writeFile(path, '')
  await link(path, other)
  const writer = writerOf(other)
  const id = await idOf(path)
  await eventually(async () => expect([...(await openFilesOfLinux()([id])).open]).toEqual([path]))
  await writer.close()
})

test.runIf(process.getuid?.() === 0)('root sees every process', async () => {
  expect((await openFilesOfLinux()([])).sawAll).toBe(true)
})

test('where there is nothing to ask, nothing is known', async () => {
  const answer = await openFilesOfLinux(join(folder, 'no-proc'))([{ path: '/x', dev: 1, ino: 1 }])
  expect(answer).toEqual({ open: new Set(), sawAll: false })
})

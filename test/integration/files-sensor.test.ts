/** The files sensor on real folders, as any user. What needs a real file system of its own is in files-volume.test.ts. */
import { createHash, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { chmod, link, mkdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { openFilesOfLinux } from '#agent/platform/linux/open-files.ts'
import { openFilesUnknown, portableFiles } from '#agent/platform/portable/files.ts'
import { filesSensor, type FilesDependencies } from '#agent/sensors/files/files.ts'
import type { Fact } from '#agent/sensors/sensor.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { lineOf } from '../support/event-of.ts'
import { fakeMediaTable, type FakeMediaTable } from '../support/fake-media-table.ts'
import { runSensor, type Room, type RunningSensor } from '../support/running-sensor.ts'
import { writerOf } from '../support/writer.ts'
import { folderOfTest } from '../support/folder-of-test.ts'
import { eventually } from '../support/eventually.ts'

let folder = ''
let media: FakeMediaTable
beforeEach(() => {
  folder = folderOfTest()
  media = fakeMediaTable()
})

const start = (more: Partial<FilesDependencies> = {}, room?: Room): RunningSensor => {
  const sensor = runSensor(
    filesSensor({ media, files: portableFiles(openFilesOfLinux()), watchedUntil: 0, ...more }),
    room,
  )
  onTestFinished(async () => {
    await sensor.stop()
    expect(sensor.facts.filter((fact) => lineOf(fact) === undefined)).toEqual([])
  })
  return sensor
}
/** Resolves when all that was done so far has been heard: a file made now has come to rest. */
const settled = async (sensor: RunningSensor, probe = 'probe'): Promise<void> => {
  await writeFile(join(folder, probe), '')
  await sensor.until((facts) => of(facts, 'file.identified', probe).length === 1)
}
const told = ['copy-started', 'copied', 'identified']
const of = (facts: readonly Fact[], kind: Fact['kind'], name?: string): readonly Fact[] =>
  facts.filter((f) => f.kind === kind && (name === undefined || f.subject.file?.path === join(folder, name)))
const about = (facts: readonly Fact[], name: string): string[] =>
  facts.filter((f) => f.subject.file?.path === join(folder, name)).map((f) => f.kind.slice('file.'.length))

test('does not tell again what came to rest while the run before it watched', async () => {
  await writeFile(join(folder, 'told-before'), 'x')
  const watchedUntil = Date.now() + 2100 // times count as fresh from 2 s before
  await eventually(() => expect(Date.now()).toBeGreaterThan(watchedUntil))
  const sensor = start({ watchedUntil })
  media.plug(folder, { fs: 'folder' }, 0)
  await settled(sensor)
  expect(about(sensor.facts, 'told-before')).toEqual([])
})

test('tells a copy started, copied and identified, under one copy id', async () => {
  const sensor = start()
  const { plug, medium } = media.plug(folder, { fs: 'folder' })
  const bytes = randomBytes(100_000)
  await writeFile(join(folder, '工资表.xlsx'), bytes)
  await sensor.until((facts) => of(facts, 'file.identified').length > 0)
  const path = join(folder, '工资表.xlsx')
  const [, copied, identified] = sensor.facts
  const copy = copied!.subject.file!.copy
  expect(sensor.facts.map((f) => [f.kind, f.subject.file?.copy, f.subject.file?.path])).toEqual([
    ['file.copy-started', copy, path],
    ['file.copied', copy, path],
    ['file.identified', copy, path],
  ])
  expect(copied).toMatchObject({ subject: { plug, medium, file: { sizeBytes: 100_000 } }, detail: { count: 1 } })
  expect(identified!.detail).toEqual({ sha256: createHash('sha256').update(bytes).digest('hex') })
  await sensor.stop()
  expect(sensor.facts).toHaveLength(3)
})

test('a file that is written slowly and held open is copied when it is closed', async () => {
  const sensor = start()
  media.plug(folder, { fs: 'folder' })
  const writer = writerOf(join(folder, 'slow'))
  for (let size = 1000; size <= 3000; size += 1000) {
    writer.more()
    await sensor.until(() => of(sensor.facts, 'file.copy-started', 'slow').length === 1)
  }
  await writeFile(join(folder, 'other'), '') // comes to rest although it was begun later
  await sensor.until((facts) => of(facts, 'file.copied', 'other').length === 1)
  expect(about(sensor.facts, 'slow')).toEqual(['copy-started'])
  await writer.close()
  await sensor.until((facts) => of(facts, 'file.identified', 'slow').length === 1)
  expect(of(sensor.facts, 'file.copied', 'slow')).toMatchObject([{ subject: { file: { sizeBytes: 3000 } } }])
})

test('further closes within a second are one more event, with a count', async () => {
  const sensor = start()
  media.plug(folder, { fs: 'folder' })
  await writeFile(join(folder, 'notes'), 'one')
  await sensor.until((facts) => of(facts, 'file.copied', 'notes').length === 1)
  await writeFile(join(folder, 'notes'), 'one two')
  await sensor.until((facts) => of(facts, 'file.identified', 'notes').length === 2)
  const [first, second] = of(sensor.facts, 'file.copied', 'notes')
  expect(second).toMatchObject({
    subject: { file: { copy: first!.subject.file!.copy, sizeBytes: 7 } },
    detail: { count: 1 },
  })
  expect(of(sensor.facts, 'file.copy-started', 'notes')).toHaveLength(1)
})

test('a file rewritten in place later is a copy of its own', async () => {
  const sensor = start()
  media.plug(folder, { fs: 'folder' })
  await writeFile(join(folder, 'late'), 'one')
  await sensor.until((facts) => of(facts, 'file.copied', 'late').length === 1)
  const later = systemClock.monotonic() + 1300
  await sensor.until(() => systemClock.monotonic() > later)
  await writeFile(join(folder, 'late'), 'two')
  await sensor.until((facts) => of(facts, 'file.identified', 'late').length === 2)
  expect(about(sensor.facts, 'late')).toEqual([...told, ...told])
  expect(new Set(of(sensor.facts, 'file.copied', 'late').map((f) => f.subject.file!.copy)).size).toBe(2)
})

test('what was there before is nothing, what changed since the medium was plugged in is a copy', async () => {
  await writeFile(join(folder, 'old'), 'old')
  const pluggedIn = Date.now() + 2100 // times count as fresh from 2 s before: vfat keeps them no finer
  await eventually(() => expect(Date.now()).toBeGreaterThan(pluggedIn))
  await writeFile(join(folder, 'kept-time'), 'by cp -p, which keeps the time of modification')
  await utimes(join(folder, 'kept-time'), 1000, 1000)
  const sensor = start()
  await eventually(() => expect(sensor.coverage).toHaveLength(1))
  media.plug(folder, { fs: 'folder' }, pluggedIn)
  await settled(sensor)
  await sensor.until((facts) => of(facts, 'file.identified', 'kept-time').length === 1)
  expect(about(sensor.facts, 'kept-time')).toEqual(told)
  expect(of(sensor.facts, 'file.copied', 'kept-time')).toMatchObject([{ found: 'reconciled' }])
  expect(about(sensor.facts, 'old')).toEqual([])
})

test('renaming, linking or changing the mode of what was there is no copy', async () => {
  await mkdir(join(folder, 'sub'))
  for (const name of ['old', 'sub/old']) await writeFile(join(folder, name), name)
  const sensor = start()
  media.plug(folder, { fs: 'folder' })
  await sensor.until((facts) => of(facts, 'file.identified').length === 2)
  const later = systemClock.monotonic() + 1300
  await sensor.until(() => systemClock.monotonic() > later)
  await chmod(join(folder, 'old'), 0o600)
  await rename(join(folder, 'old'), join(folder, 'renamed'))
  await link(join(folder, 'renamed'), join(folder, 'linked'))
  await rename(join(folder, 'sub'), join(folder, 'moved'))
  await settled(sensor)
  await sensor.stop()
  expect(sensor.facts).toHaveLength(3 * 2 + 3)
})

test('a file written under another name and renamed is one copy', async () => {
  const sensor = start()
  media.plug(folder, { fs: 'folder' })
  const writer = writerOf(join(folder, '.report.pdf.part'))
  writer.more()
  await sensor.until((facts) => of(facts, 'file.copy-started', '.report.pdf.part').length === 1)
  await rename(join(folder, '.report.pdf.part'), join(folder, 'report.pdf'))
  await writer.close()
  await sensor.until((facts) => of(facts, 'file.identified', 'report.pdf').length === 1)
  expect(about(sensor.facts, '.report.pdf.part')).toEqual(['copy-started'])
  expect(about(sensor.facts, 'report.pdf')).toEqual(['copied', 'identified'])
  expect(new Set(sensor.facts.map((f) => f.subject.file!.copy)).size).toBe(1)
})

test('a folder moved in brings its files, a link leads nowhere', async () => {
  const outside = folderOfTest()
  await mkdir(join(outside, 'dir', 'deep'), { recursive: true })
  for (const name of ['dir/a', 'dir/deep/b', 'secret']) await writeFile(join(outside, name), name)
  const sensor = start()
  media.plug(folder, { fs: 'folder' })
  await settled(sensor)
  await symlink(outside, join(folder, 'link-to-folder'))
  await symlink(join(outside, 'secret'), join(folder, 'link-to-file'))
  await rename(join(outside, 'dir'), join(folder, 'dir'))
  await sensor.until((facts) => of(facts, 'file.copied', 'dir/deep/b').length === 1)
  await writeFile(join(outside, 'more'), 'not on the medium')
  await settled(sensor, 'after')
  expect(about(sensor.facts, 'dir/a').slice(0, 2)).toEqual(told.slice(0, 2))
  expect(sensor.facts.filter((f) => /link-to|more/.test(f.subject.file!.path))).toEqual([])
})

test('hostile, hidden and editors’ names are told as they are', async () => {
  const names = [
    '<img src=x onerror=alert(1)>',
    'line\nbreak',
    'abc\u202Efdp.exe',
    'back\\slash',
    '长'.repeat(85),
    '-rf',
    ' ',
    '.hidden',
    '.a.swp',
    'draft~',
    '=HYPERLINK("x")',
    '𝔸🔥',
    '__proto__',
  ]
  const sensor = start()
  media.plug(folder, { fs: 'folder' })
  for (const name of names) await writeFile(join(folder, name), name)
  await sensor.until((facts) => of(facts, 'file.identified').length >= names.length)
  expect(names.map((name) => [name, ...about(sensor.facts, name)])).toEqual(names.map((name) => [name, ...told]))
  expect(sensor.facts).toHaveLength(3 * names.length)
})

test('a copy that is made and deleted at once is told as started, and no more', async () => {
  const sensor = start()
  media.plug(folder, { fs: 'folder' })
  await settled(sensor)
  const writer = writerOf(join(folder, 'brief'))
  writer.more()
  await sensor.until((facts) => of(facts, 'file.copy-started', 'brief').length === 1)
  await rm(join(folder, 'brief'))
  await writer.close()
  await settled(sensor, 'after')
  await sensor.stop()
  expect(about(sensor.facts, 'brief')).toEqual(['copy-started'])
})

test('copies under way when the agent stops are told so, those at rest are not', async () => {
  const sensor = start()
  media.plug(folder, { fs: 'folder' })
  const writer = writerOf(join(folder, 'half'))
  writer.more()
  await eventually(async () => expect(await stat(join(folder, 'half'))).toMatchObject({ size: 1000 }))
  await settled(sensor)
  await sensor.until((facts) => of(facts, 'file.copy-started', 'half').length === 1)
  await sensor.stop()
  expect(of(sensor.facts, 'file.copy-interrupted')).toMatchObject([
    { subject: { file: { path: join(folder, 'half'), sizeBytes: 1000 } }, detail: { reason: 'agent-stopped' } },
  ])
})

test('a flood that overflows the notifications is found by looking, none missed and none twice', async () => {
  const sensor = start()
  media.plug(folder, { fs: 'folder' })
  await settled(sensor)
  const count = 9000 // × 2 notifications; Linux keeps 16,384, and nobody reads them while this writes
  for (let i = 0; i < count; i++) writeFileSync(join(folder, `f${i}`), 'x')
  await sensor.until((facts) => of(facts, 'file.copied').length >= count + 1)
  await sensor.until(() => sensor.coverage.at(-1)?.state === 'watching')
  expect(new Set(of(sensor.facts, 'file.copied').map((f) => f.subject.file!.path)).size).toBe(count + 1)
  expect(of(sensor.facts, 'file.copied')).toHaveLength(count + 1)
  expect(of(sensor.facts, 'file.copy-started')).toHaveLength(count + 1)
  expect(sensor.coverage.map(({ code }) => code)).toContain('files.overflow')
  expect(of(sensor.facts, 'agent.gap')).toMatchObject([{ detail: { reason: 'notifications-lost' } }])
})

test('more paths than the bound are not seen, and that is told', async () => {
  for (const name of ['a', 'b', 'c', 'd']) await writeFile(join(folder, name), name)
  const sensor = start({ bounds: { maxPaths: 3, maxDepth: 256 } })
  media.plug(folder, { fs: 'folder' })
  await sensor.until(() => sensor.coverage.at(-1)?.code === 'files.too-many')
  expect(of(sensor.facts, 'agent.gap')).toMatchObject([{ detail: { reason: 'files-unseen' } }])
})

test('a read-only volume is watched from when it can be written to', async () => {
  const sensor = start()
  const plugged = media.plug(folder, { fs: 'folder', readOnly: true })
  await writeFile(join(folder, 'file'), 'x')
  media.mount(plugged, folder)
  await sensor.until((facts) => of(facts, 'file.identified').length === 1)
  expect(about(sensor.facts, 'file')).toEqual(told)
})

test('where nobody can say who has a file open, it takes longer, and that is told', async () => {
  const sensor = start({ files: portableFiles(openFilesUnknown) })
  media.plug(folder, { fs: 'folder' })
  const before = systemClock.monotonic()
  await writeFile(join(folder, 'file'), 'x')
  await sensor.until((facts) => of(facts, 'file.copied').length === 1)
  expect(systemClock.monotonic() - before).toBeGreaterThan(1900)
  expect(sensor.coverage).toMatchObject([{ state: 'degraded', code: 'files.open-unknown' }])
})

test('waits while there is no room for what it has to tell, and then tells all of it in order', async () => {
  const room = Promise.withResolvers<void>()
  const sensor = start({}, { takes: 3, drained: room.promise })
  media.plug(folder, { fs: 'folder' })
  for (let i = 0; i < 20; i++) await writeFile(join(folder, `f${i}`), 'x')
  await sensor.until((facts) => facts.length === 3)
  await writeFile(join(folder, 'last'), 'x')
  expect(sensor.facts).toHaveLength(3)
  room.resolve()
  await sensor.until((facts) => of(facts, 'file.identified').length === 21)
  for (let i = 0; i < 20; i++) expect(about(sensor.facts, `f${i}`)).toEqual(told)
})

/** The files sensor on real file systems that come and go. Needs root, and says so. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openFilesOfLinux } from '#agent/platform/linux/open-files.ts'
import { portableFiles } from '#agent/platform/portable/files.ts'
import { filesSensor } from '#agent/sensors/files/files.ts'
import type { Fact } from '#agent/sensors/sensor.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { fakeMediaTable } from '../support/fake-media-table.ts'
import { loopVolume, mountTmpfs } from '../support/loop-volume.ts'
import { runSensor } from '../support/running-sensor.ts'
import { writerOf } from '../support/writer.ts'
import { eventually } from '../support/eventually.ts'

const isRoot = process.getuid?.() === 0
if (!isRoot) console.log('files on real volumes: skipped, mounting needs root')

const stickAndSensor = async (sizeMib?: number) => {
  const stick = await loopVolume(sizeMib)
  const media = fakeMediaTable()
  const sensor = runSensor(filesSensor({ media, files: portableFiles(openFilesOfLinux()), watchedUntil: 0 }))
  onTestFinished(async () => {
    await sensor.stop()
    await stick[Symbol.asyncDispose]()
  })
  const plugged = media.plug(stick.mountPoint)
  return { stick, media, sensor, plugged, at: (name: string) => join(stick.mountPoint, name) }
}
const of = (facts: readonly Fact[], kind: Fact['kind'], path?: string): readonly Fact[] =>
  facts.filter((f) => f.kind === kind && (path === undefined || f.subject.file?.path === path))

describe.runIf(isRoot)('on a volume of its own', () => {
  test.for(['removed', 'unmounted'] as const)(
    'a copy cut short because its volume was %s is told so',
    async (reason) => {
      const { stick, media, sensor, plugged, at } = await stickAndSensor()
      await writeFile(at('whole'), 'x')
      const writer = writerOf(at('half'))
      writer.more()
      await sensor.until((facts) => of(facts, 'file.identified', at('whole')).length === 1)
      writer.more()
      await sensor.until((facts) => of(facts, 'file.copy-started', at('half')).length === 1)
      const seen = systemClock.monotonic() + 400
      await sensor.until(() => systemClock.monotonic() > seen)
      await stick.umount('-l')
      const after = systemClock.monotonic() + 600 // looked for and not found, before anyone says why
      await sensor.until(() => systemClock.monotonic() > after)
      media.unmounted(plugged)
      if (reason === 'removed') media.removed(plugged)
      await sensor.until((facts) => of(facts, 'file.copy-interrupted').length === 1)
      expect(of(sensor.facts, 'file.copy-interrupted')).toMatchObject([
        { subject: { file: { path: at('half'), sizeBytes: 2000 } }, detail: { reason } },
      ])
      await sensor.stop()
      expect(of(sensor.facts, 'file.copied')).toHaveLength(1)
    },
  )

  test('watching and hashing do not keep a volume from being unmounted', async () => {
    const { stick, sensor, media, plugged, at } = await stickAndSensor()
    await mkdir(at('a/b/c'), { recursive: true })
    await writeFile(at('a/b/c/file'), 'x')
    await sensor.until((facts) => of(facts, 'file.identified').length === 1)
    await stick.umount()
    media.unmounted(plugged)
    expect(of(sensor.facts, 'file.copy-interrupted')).toEqual([])
  })

  test('a large file that is being hashed gives way, and is identified as removed', async () => {
    const { stick, sensor, media, plugged, at } = await stickAndSensor(64)
    await writeFile(at('large'), '')
    await truncate(at('large'), 500 * 1024 * 1024) // a hole: it takes no room and is read all the same
    await sensor.until((facts) => of(facts, 'file.copied').length === 1)
    await eventually(() => stick.umount())
    media.unmounted(plugged)
    await sensor.until((facts) => of(facts, 'file.identified').length === 1)
    expect(of(sensor.facts, 'file.identified')).toMatchObject([{ detail: { why: 'removed' } }])
  })

  test('a file closed before its volume was unmounted is copied, however soon that was', async () => {
    const { stick, sensor, media, plugged, at } = await stickAndSensor()
    await writeFile(at('quick'), 'x')
    await sensor.until((facts) => of(facts, 'file.copy-started').length === 1)
    await eventually(() => stick.umount()) // hashed by then, it is busy for 100 ms at a time
    media.unmounted(plugged)
    await sensor.until((facts) => of(facts, 'file.copied').length === 1)
    await sensor.stop()
    expect(of(sensor.facts, 'file.copy-interrupted')).toEqual([])
    expect(of(sensor.facts, 'file.identified')).toHaveLength(1) // its hash, or that it was gone before there was one
  })

  test('a volume mounted a second time in one stay has no new files for that', async () => {
    const { stick, sensor, media, plugged, at } = await stickAndSensor()
    await writeFile(at('first'), 'x')
    await sensor.until((facts) => of(facts, 'file.identified').length === 1)
    media.mount(plugged, await stick.bind())
    await writeFile(at('second'), 'x')
    await sensor.until((facts) => of(facts, 'file.identified').length === 3)
    await sensor.stop()
    expect(of(sensor.facts, 'file.copied').filter((f) => f.subject.file!.path.endsWith('first'))).toHaveLength(1)
  })

  test('a volume mounted twice is watched at both places', async () => {
    const { stick, sensor, media, plugged, at } = await stickAndSensor()
    const second = await stick.bind()
    media.mount(plugged, second)
    await writeFile(at('file'), 'x')
    await sensor.until((facts) => of(facts, 'file.identified').length === 2)
    const places = of(sensor.facts, 'file.copied').map((f) => `${f.subject.volume!.mountPoint} ${f.subject.file!.path}`)
    expect(new Set(places)).toEqual(new Set([`${second} ${join(second, 'file')}`, `${stick.mountPoint} ${at('file')}`]))
  })

  test('another file system mounted inside is not this volume', async () => {
    const { sensor, at } = await stickAndSensor()
    await mkdir(at('inside'))
    await using _ = await mountTmpfs(at('inside'))
    await writeFile(at('inside/file'), 'x')
    await writeFile(at('file'), 'x')
    await sensor.until((facts) => of(facts, 'file.identified').length === 1)
    expect(of(sensor.facts, 'file.copied').map((f) => f.subject.file!.path)).toEqual([at('file')])
  })

  test('of a burst none is missed and none told twice', async () => {
    const count = 2000
    const { sensor, stick } = await stickAndSensor()
    const script = `const fs = require('node:fs')
      for (let i = 0; i < ${count}; i++) fs.writeFileSync(process.argv[1] + '/f' + i, 'content ' + i)`
    await once(spawn(process.execPath, ['-e', script, stick.mountPoint]), 'exit')
    const closed = systemClock.monotonic()
    await sensor.until((facts) => of(facts, 'file.copied').length >= count)
    console.log(
      `${count} files: last copied ${sensor.facts.findLast((f) => f.kind === 'file.copied')!.mono - closed} ms after the last close`,
    )
    await sensor.until((facts) => of(facts, 'file.identified').length >= count)
    for (const kind of ['file.copy-started', 'file.copied', 'file.identified'] as const) {
      expect(of(sensor.facts, kind)).toHaveLength(count)
      expect(new Set(of(sensor.facts, kind).map((f) => f.subject.file!.path)).size).toBe(count)
    }
  })
})

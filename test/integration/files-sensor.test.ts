/** The files sensor on real folders and, as root, real file systems. */
import { randomBytes, createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openFilesOfLinux } from '#agent/platform/linux/open-files.ts'
import { filesSensor } from '#agent/sensors/files/files.ts'
import { fakeMediaTable } from '../support/fake-media-table.ts'
import { runSensor } from '../support/running-sensor.ts'

test('tells a copy started, copied and identified, under one copy id', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'shoumi-'))
  const media = fakeMediaTable()
  await using sensor = runSensor(filesSensor({ media, openFiles: openFilesOfLinux() }))
  media.plug(folder, { fs: 'folder' })
  await sensor.until(() => sensor.coverage.length > 0)
  const bytes = randomBytes(100_000)
  await new Promise((r) => setTimeout(r, 500))
  await writeFile(join(folder, '工资表.xlsx'), bytes)
  await sensor.until((facts) => facts.some((f) => f.kind === 'file.identified'))
  console.log(sensor.facts, sensor.coverage)
  expect(sensor.facts.map((f) => f.kind)).toEqual(['file.copy-started', 'file.copied', 'file.identified'])
  await rm(folder, { recursive: true })
})

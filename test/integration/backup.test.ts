/** A backup is taken beside a collector that writes, and is whole. */
import { lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openAccess } from '#collector/access/acting.ts'
import { backUp, BackupError } from '#collector/backup.ts'
import { insertAudit } from '#collector/store/audit.ts'
import { initTrust } from '#collector/trust/trust.ts'
import { systemClock } from '#shared/vocabulary/clock.ts'
import { openTestStore, type TestStore } from '../support/collector-store.ts'

let rig: TestStore
let folder = ''
beforeEach(async () => {
  rig = await openTestStore()
  folder = join(rig.file, '..')
  await initTrust(folder, systemClock.wall())
})
afterEach(() => rig[Symbol.asyncDispose]())

const actor = { kind: 'command', id: 'backup', name: 'backup' } as const
const run = (dir: string, progress: (done: number, all: number) => void = () => undefined) =>
  backUp({ dataDir: folder, storeFile: rig.file }, dir, {
    access: openAccess(rig.store, systemClock),
    actor,
    clock: systemClock,
    progress,
  })
/** Numbered from 0, each as long as an event. */
const write = (from: number, count: number): Promise<void> =>
  rig.store.write(async (tx) => {
    for (let nth = from; nth < from + count; nth++)
      await insertAudit(tx, { at: nth, act: 'test', line: 'x'.repeat(700) })
  })
const rowsOf = (file: string): { count: number; max: number; audited: number } => {
  using database = new DatabaseSync(file, { readOnly: true })
  const row = database
    .prepare(
      `SELECT count(*) FILTER (WHERE act = 'test') AS count, max(at) FILTER (WHERE act = 'test') AS max,
       count(*) FILTER (WHERE act = 'store.backup') AS audited FROM audit`,
    )
    .get()
  return { count: Number(row?.['count']), max: Number(row?.['max']), audited: Number(row?.['audited']) }
}
const incarnationOf = (file: string): string => {
  using database = new DatabaseSync(file, { readOnly: true })
  return String(database.prepare('SELECT incarnation FROM store').get()?.['incarnation'])
}

describe('a backup', () => {
  test('ends beside a writer that never rests, and holds one moment: all that was before, nothing in parts', async () => {
    await write(0, 20_000)
    const dir = join(folder, 'copy')
    let written = 20_000
    const over = new AbortController()
    const writing = (async () => {
      while (!over.signal.aborted) {
        await write(written, 50)
        written += 50
        await new Promise((resolve) => setImmediate(resolve))
      }
    })()
    const told: number[] = []
    const { incarnation, bytes } = await run(dir, (done, all) => told.push(done / all))
    over.abort()
    await writing
    const copied = rowsOf(join(dir, 'collector.db'))
    expect(copied.count).toBeGreaterThanOrEqual(20_000)
    expect(copied.count).toBeLessThan(written)
    expect([copied.count % 50, copied.max, copied.audited]).toEqual([0, copied.count - 1, 1])
    expect(told.length).toBeGreaterThan(1)
    expect(incarnationOf(join(dir, 'collector.db'))).toBe(incarnation)
    expect(incarnationOf(rig.file)).not.toBe(incarnation)
    expect((await lstat(join(dir, 'collector.db'))).size).toBe(bytes)
    expect(JSON.parse(await readFile(join(dir, 'backup.json'), 'utf8'))).toMatchObject({ v: 1, incarnation, bytes })
  })

  test('has every key, for its owner alone, and nothing that a link leads to', async () => {
    await writeFile(join(folder, 'elsewhere'), 'secret of somebody else')
    await symlink(join(folder, 'elsewhere'), join(folder, 'keys', 'planted.key'))
    const dir = join(folder, 'copy')
    const { keys } = await run(dir)
    const there = (await readdir(join(folder, 'keys'))).filter((name) => name !== 'planted.key')
    expect(keys.toSorted()).toEqual(there.toSorted())
    for (const name of keys) {
      expect(await readFile(join(dir, 'keys', name))).toEqual(await readFile(join(folder, 'keys', name)))
      expect((await lstat(join(dir, 'keys', name))).mode & 0o777).toBe(0o600)
    }
    const modes = await Promise.all(['.', 'keys', 'collector.db', 'backup.json'].map((name) => lstat(join(dir, name))))
    expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o700, 0o600, 0o600])
  })

  test('goes into no folder that has something in it, and leaves that as it is', async () => {
    const dir = join(folder, 'full')
    await mkdir(dir)
    await writeFile(join(dir, 'letter'), 'dear')
    await expect(run(dir)).rejects.toThrow(BackupError)
    expect(await readdir(dir)).toEqual(['letter'])
    expect(rowsOf(rig.file).audited).toBe(0)
    await rm(join(dir, 'letter'))
    await run(dir)
    expect(rowsOf(rig.file).audited).toBe(1)
  })
})

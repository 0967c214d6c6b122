/** A store that cannot be written, for a while: what the rest of the collector sees of it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { openConditions } from '#collector/conditions.ts'
import { insertAudit } from '#collector/store/audit.ts'
import { openStore, openStoreForReading, type Store } from '#collector/store/database.ts'
import { isStoreFault } from '#collector/store/faults.ts'
import { touchStore } from '#collector/store/probe.ts'
import { watchStore } from '#collector/store-health.ts'
import { openTestStore } from '../support/collector-store.ts'
import { manualClock } from '../support/manual-clock.ts'
import { timed } from '../support/timing.ts'
import { stackOfTest } from '../support/stack-of-test.ts'
import { noSmallDisk, smallDisk, type SmallDisk } from '../support/small-disk.ts'
import { eventually } from '../support/eventually.ts'

const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined }
const write = (store: Store, count: number): Promise<void> =>
  store.write(async (tx) => {
    for (let nth = 0; nth < count; nth++) await insertAudit(tx, { at: nth, act: 'test', line: 'x'.repeat(700) })
  })
const countOf = (store: Store): Promise<number> =>
  store.read(async (tx) =>
    Number(
      (
        await tx
          .selectFrom('audit')
          .select((eb) => eb.fn.countAll().as('n'))
          .executeTakeFirstOrThrow()
      ).n,
    ),
  )

const disk = (mib: number): SmallDisk => {
  const made = smallDisk(mib)
  if (made === undefined) throw new Error('no disk')
  return stackOfTest().use(made)
}
const missing = noSmallDisk()
if (missing !== undefined) console.log(`full and read-only disks skipped: ${missing}`)

describe.skipIf(missing !== undefined)('a store on a disk that is full', () => {
  test('at the start cannot be opened, and says so as a fault; it can be read all the same, and is whole once there is room', async () => {
    const small = disk(2)
    const file = join(small.folder, 'store.sqlite')
    {
      await using store = await openStore(file)
      await write(store, 5)
    }
    await small.fill()
    const failed = await openStore(file).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(isStoreFault(failed)).toBe(true)
    {
      await using store = await openStoreForReading(file, failed)
      expect(await countOf(store)).toBe(5)
      await expect(write(store, 1)).rejects.toBe(failed)
    }
    small.empty()
    await using store = await openStore(file)
    await write(store, 1)
    expect(await countOf(store)).toBe(6)
  })

  test('while it runs is a condition, until it takes something again; nothing is half there', async () => {
    const small = disk(4)
    const clock = manualClock()
    const conditions = openConditions(clock, quiet)
    const opened = stackOfTest().use(await openStore(join(small.folder, 'store.sqlite')))
    const { store } = stackOfTest().use(watchStore(opened, { conditions, clock }))
    await write(store, 5)
    await small.fill()
    await expect(write(store, 20_000)).rejects.toSatisfy(isStoreFault)
    expect(conditions.all().map(({ code }) => code)).toEqual(['store.failed'])
    expect(await countOf(store)).toBe(5)
    small.empty()
    clock.pass(5_000)
    await eventually(() => expect(conditions.all()).toEqual([]))
    await write(store, 1)
    expect(await countOf(store)).toBe(6)
  })
})

test.skipIf(missing !== undefined)('a store on a disk that is read-only can be read', async () => {
  const small = disk(2)
  const file = join(small.folder, 'store.sqlite')
  {
    await using store = await openStore(file)
    await write(store, 5)
  }
  small.remount('ro')
  const failed = await openStore(file).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(isStoreFault(failed)).toBe(true)
  await using store = await openStoreForReading(file, failed)
  expect(await countOf(store)).toBe(5)
})

test('a question that cannot be answered is no fault of the store', async () => {
  const rig = stackOfTest().use(await openTestStore())
  const wrong = await rig.store
    .write((tx) =>
      tx
        .insertInto('account')
        .values({ name: 'a', password_hash: '', role: '', must_change: 0, created_at: 0 })
        .execute()
        .then(() =>
          tx
            .insertInto('account')
            .values({ name: 'a', password_hash: '', role: '', must_change: 0, created_at: 0 })
            .execute(),
        ),
    )
    .catch((error: unknown) => error)
  expect([wrong instanceof Error, isStoreFault(wrong)]).toEqual([true, false])
})

/** Another process that begins a write and keeps it until it is told. */
async function holder(file: string): Promise<() => Promise<void>> {
  const child = spawn(process.execPath, [
    '-e',
    `const { DatabaseSync } = require('node:sqlite'); const d = new DatabaseSync(${JSON.stringify(file)})
     d.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE'); console.log('held'); process.stdin.on('end', () => process.exit()).resume()`,
  ])
  stackOfTest().defer(() => void child.kill())
  await once(child.stdout, 'data')
  return async () => {
    child.stdin.end()
    await once(child, 'exit')
  }
}

test('another process that holds the store keeps the writer waiting, and neither readers nor the thread', async () => {
  const rig = stackOfTest().use(await openTestStore())
  const readSoon = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(await countOf(rig.store)).toBe(0)
  }
  const before = await timed(5, readSoon)
  const release = await holder(rig.file)
  let written = false
  const writing = rig.store.write(touchStore).then(() => (written = true))
  expect(Math.max(...(await timed(20, readSoon)))).toBeLessThan(Math.max(...before) + 1_000) // SQLite itself would hold it 5 s
  expect(written).toBe(false)
  await release()
  await writing
})

describe('the write-ahead log', () => {
  test('that a reader of an old moment keeps from being folded in grows, which is a condition with its size; then it shrinks', async () => {
    const rig = stackOfTest().use(await openTestStore())
    const clock = manualClock()
    const conditions = openConditions(clock, quiet)
    const { store, lines } = stackOfTest().use(watchStore(rig.store, { conditions, clock }))
    const reader = new DatabaseSync(rig.file, { readOnly: true })
    reader.exec('BEGIN')
    reader.prepare('SELECT * FROM store').all()
    for (let nth = 0; nth < 12; nth++) await write(store, 7_000)
    expect(await store.wal.bytes()).toBeGreaterThan(64 * 1024 * 1024)
    clock.pass(5_000)
    await eventually(() => expect(lines()).not.toContain('shoumi_store_wal_bytes 0'))
    expect(conditions.all()).toEqual([]) // as while a backup is made
    clock.pass(60_000)
    await eventually(() =>
      expect(conditions.all()).toMatchObject([
        { code: 'store.wal-large', text: expect.stringContaining('more than 64 MiB') as string },
      ]),
    )
    reader.close()
    clock.pass(5_000)
    await eventually(() => expect(conditions.all()).toEqual([]))
    expect(await store.wal.bytes()).toBeLessThan(16 * 1024 * 1024)
    expect(lines()).toContain('shoumi_store_wal_bytes 0')
  })

  test('that grew less than that is folded in as well, though nobody writes any more', async () => {
    const rig = stackOfTest().use(await openTestStore())
    const clock = manualClock()
    const { store } = stackOfTest().use(watchStore(rig.store, { conditions: openConditions(clock, quiet), clock }))
    const reader = new DatabaseSync(rig.file, { readOnly: true })
    reader.exec('BEGIN')
    reader.prepare('SELECT * FROM store').all()
    for (let nth = 0; nth < 7; nth++) await write(store, 7_000)
    expect(await store.wal.bytes()).toBeGreaterThan(32 * 1024 * 1024)
    reader.close()
    clock.pass(5_000)
    await eventually(async () => expect(await store.wal.bytes()).toBe(0))
  })

  test('stays small while nobody reads an old moment', async () => {
    const rig = stackOfTest().use(await openTestStore())
    for (let nth = 0; nth < 20; nth++) await write(rig.store, 1_000)
    expect(await rig.store.wal.bytes()).toBeLessThan(16 * 1024 * 1024)
  })
})

describe('a file in the place of the store', () => {
  test('that is no store is named, with what to do, and stays as it is', async () => {
    const { file } = stackOfTest().use(await openTestStore())
    const foreign = `${file}.foreign`
    await writeFile(foreign, 'x'.repeat(100_000))
    const failed = await openStore(foreign).catch((error: unknown) => error)
    expect(isStoreFault(failed)).toBe(true)
    await expect(openStoreForReading(foreign, failed)).rejects.toThrow(
      `${foreign} cannot be read (file is not a database): see to its disk, or put a backup in its place.`,
    )
    expect(await readFile(foreign, 'utf8')).toBe('x'.repeat(100_000))
  })

  test('that is another program’s is said to be so', async () => {
    const { file } = stackOfTest().use(await openTestStore())
    const other = new DatabaseSync(`${file}.other`)
    other.exec('CREATE TABLE entry (x)')
    other.close()
    await expect(openStore(`${file}.other`)).rejects.toThrow(
      /could not be brought to this version \(table .*already exists.*\): .* another dataDir/,
    )
  })
})

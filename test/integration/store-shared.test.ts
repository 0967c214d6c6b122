/** The store's file is shared: `token create` writes while `serve` runs. */
import { spawn } from 'node:child_process'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore } from '#collector/store/database.ts'
import { openTestStore } from '../support/collector-store.ts'

const writes = `
  const { DatabaseSync } = require('node:sqlite')
  const store = new DatabaseSync(process.argv[1])
  store.exec("PRAGMA busy_timeout = 10000; INSERT INTO kind (name) VALUES ('of another process')")
`

test('a transaction that began by reading can write, although another process wants to as well', async () => {
  await using opened = await openTestStore()
  const { store } = opened
  let exit: Promise<number | null> = Promise.resolve(null)
  await store.write(async (tx) => {
    await tx.selectFrom('kind').selectAll().execute()
    const other = spawn(process.execPath, ['-e', writes, opened.file])
    exit = new Promise((resolve) => other.once('close', resolve))
    await Promise.race([exit, new Promise((resolve) => setTimeout(resolve, 2_000))]) // it has had its chance
    await tx.insertInto('kind').values({ name: 'of ours' }).execute()
  })
  expect(await exit).toBe(0)
  const names = (await store.read((tx) => tx.selectFrom('kind').select('name').execute())).map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['of ours', 'of another process']))
})

test('of many that wait while another process holds the store each hears after ten seconds, not after its turn', async () => {
  await using opened = await openTestStore()
  let now = 0
  const sleep = async (ms: number): Promise<void> => {
    now += ms
    await setImmediate()
  }
  await using store = await openStore(opened.file, { monotonic: () => now, sleep })
  const other = new DatabaseSync(opened.file)
  other.exec('BEGIN IMMEDIATE')
  const heard = await Promise.all(
    Array.from({ length: 20 }, () =>
      store.write(async () => undefined).catch((error: unknown) => ({ error: String(error), at: now })),
    ),
  )
  for (const each of heard) expect(each).toMatchObject({ error: expect.stringMatching(/^StoreBusyError: /) })
  expect(now).toBeLessThan(11_000)
  other.exec('ROLLBACK')
  other.close()
  expect(await store.write(async () => 'taken')).toBe('taken')
})

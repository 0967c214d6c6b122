/** The store's file is shared: `token create` writes while `serve` runs. */
import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
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

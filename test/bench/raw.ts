/** The bare store: the same rows into the same table and indexes, by one prepared statement, nothing checked. */
import { join } from 'node:path'
import { openStore } from '#collector/store/database.ts'
import { openHot } from '#collector/store/hot.ts'
import { lineSource } from './load-events.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const BATCH = 500
/** Lines are made before the clock starts, and used over and over: about 33 MB. */
const LINES = 50_000

/** Durable events a second. */
export async function rawInserts(seconds: number): Promise<number> {
  using folder = temporaryFolder()
  await using store = await openStore(join(folder.path, 'store.db'))
  const line = lineSource()
  const lines = Array.from({ length: LINES }, (_, index) => Buffer.from(line(index)))
  const { insertEntry, kindNumber } = openHot(store)
  const kind = kindNumber('agent.coverage')
  const startedAt = performance.now()
  let index = 0
  while (performance.now() - startedAt < seconds * 1000) {
    store.connection.exec('BEGIN')
    for (const end = index + BATCH; index < end; index++)
      insertEntry({
        logId: 1,
        index,
        at: 1_767_000_000_000 + index,
        receivedAt: 1_767_000_000_000 + index,
        kind,
        state: 0,
        severity: index % 400 === 0 ? 1 : null,
        matterId: index % 25 < 3 ? 1 + Math.floor(index / 400) : null,
        line: lines[index % LINES] ?? null,
        leaf: null,
        reason: null,
      })
    store.connection.exec('COMMIT')
  }
  return (index / (performance.now() - startedAt)) * 1000
}

/** A store as an office has it after years, made by the real commit once and kept in the cache folder. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commitBatches } from '#collector/ingest/commit.ts'
import { openStore } from '#collector/store/database.ts'
import { openHot } from '#collector/store/hot.ts'
import { agentLife, batchesOf } from '../support/agent-life.ts'
import { addEndpoint } from '../support/collector-store.ts'
import { start, verdict } from '../support/events.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface Size {
  readonly agents: number
  /** Of each agent, with ten entries each. */
  readonly incidents: number
}
export const full: Size = { agents: 200, incidents: 500 }
export const small: Size = { agents: 20, incidents: 50 }

const departments = ['综合科', '行政审批科', '政务服务大厅', '机要室', '信息科', '财务科', '人事科', '法规科']
const severities = ['critical', 'high', 'moderate', 'low'] as const
const MINUTE = 60_000

/** The file, made where it is not there: 1,000,000 entries, 100,000 incidents, 100,000 alerts for `full`. */
export async function fullStore(size: Size): Promise<string> {
  const tables = await readFile(join(ROOT, 'collector/store/migrations/0001-tables.ts'))
  const form = createHash('sha256').update(tables).update(JSON.stringify(size)).digest('hex').slice(0, 12)
  const file = join(ROOT, '.cache', `bench-${form}.db`)
  if (existsSync(file)) return file
  await mkdir(join(ROOT, '.cache'), { recursive: true })
  const making = `${file}.making`
  for (const suffix of ['', '-wal', '-shm']) await rm(making + suffix, { force: true })
  {
    await using store = await openStore(making)
    store.connection.exec('PRAGMA synchronous = OFF')
    const hot = openHot(store)
    const told = { mailboxes: ['mail/office/office@example.org'], now: start }
    for (let n = 1; n <= size.agents; n++) {
      const agent = `${String(n).padStart(8, '0')}-1111-4111-8111-111111111111`
      const id = await addEndpoint(store, n, { agent, department: departments[n % departments.length] ?? '' })
      const life = agentLife(n)
      for (let stay = 0; stay < size.incidents; stay++) {
        life.plug(stay, [verdict({ severity: severities[(n * 7 + stay) % 4] ?? 'low' })])
        for (let nth = 0; nth < 8; nth++) life.copy(stay, nth, [])
        if (stay % 97 !== 0) life.unplug(stay)
        life.pass(20 * MINUTE)
      }
      const [log] = life.logs
      if (log)
        for (const batch of batchesOf({ agent: { id, agent }, log }, [500]))
          await commitBatches(store, hot, [batch], told)
      if (n % 20 === 0) console.log(`bench: ${n} of ${size.agents} agents' years are in the store …`)
    }
    store.connection.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  }
  await rename(making, file)
  return file
}

/** Documents over a real store and real keys, without a collector around them. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openAccess, type Access } from '#collector/access/acting.ts'
import { openConditions, type Conditions } from '#collector/conditions.ts'
import { openDocuments, type Documents } from '#collector/policy/documents.ts'
import type { Plan } from '#collector/policy/plan.ts'
import { planPublishing, publish } from '#collector/policy/publish.ts'
import { readWritten, type WrittenFiles } from '#collector/policy/written.ts'
import type { Store } from '#collector/store/database.ts'
import { initTrust, openTrust, type Trust } from '#collector/trust/trust.ts'
import { systemClock, type Clock } from '#shared/vocabulary/clock.ts'
import { openTestStore } from './collector-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const nothing = (): void => undefined

export interface TestDocuments extends AsyncDisposable {
  readonly store: Store
  readonly access: Access
  readonly trust: Trust
  readonly conditions: Conditions
  readonly clock: Clock
  readonly dataDir: string
  /** With another of its files. */
  readonly open: (over?: Partial<WrittenFiles>) => Promise<Documents>
  readonly publish: (register?: string, over?: Partial<WrittenFiles>) => Promise<Plan>
  readonly dryRun: (register: string) => Promise<Plan>
  readonly passDays: (days: number) => void
}

export const testActor = { kind: 'command', id: 'test', name: 'test' } as const

export async function testDocuments(): Promise<TestDocuments> {
  await using parts = new AsyncDisposableStack()
  const rig = parts.use(await openTestStore())
  const dataDir = parts.use(temporaryFolder()).path
  const start = systemClock.wall()
  let days = 0
  const clock = { ...systemClock, wall: () => start + days * 86_400_000 }
  await initTrust(dataDir, start)
  const trust = await openTrust(dataDir, [], start)
  const registerFile = join(dataDir, 'register.yaml')
  await writeFile(registerFile, '')
  const files: WrittenFiles = {
    clausesFile: inRepository('config/clauses.yaml'),
    policyDir: inRepository('config/policy'),
    registerFile,
  }
  const access = openAccess(rig.store, clock)
  const conditions = openConditions(clock, { error: nothing, warn: nothing, info: nothing, debug: nothing })
  const around = { store: rig.store, access, trust, clock, conditions, actor: testActor }
  const written = async (register?: string, over: Partial<WrittenFiles> = {}) => {
    if (register !== undefined) await writeFile(registerFile, register)
    return readWritten({ ...files, ...over })
  }
  const kept = parts.move()
  return {
    ...around,
    dataDir,
    open: (over = {}) => openDocuments({ ...files, ...over }, around),
    publish: async (register, over) => publish(await written(register, over), testActor, { access, trust, clock }),
    dryRun: async (register) => planPublishing(await written(register), testActor, { access, trust, clock }),
    passDays: (more) => (days += more),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Around the integration suite: gives the workers a folder to write into, and judges at the end what is in it. A run of
 *  some tests alone names no function that was not called. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openStore } from '#collector/store/database.ts'
import { allowed, notCalled } from './allowed.ts'
import { faultsOf, type Allowed, type Recorded } from './judge.ts'
import { storeFunctions } from './store-functions.ts'

declare module 'vitest' {
  interface ProvidedContext {
    statements: string
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'statements-'))
  project.provide('statements', folder)
  return async () => {
    const faults = await judge(await recordedIn(folder), await isWhole(project), folder)
    await rm(folder, { recursive: true })
    if (faults.length === 0) return
    console.error(`\nStatements of the store (test/statements):\n${faults.join('\n')}\n`)
    process.exitCode = 1
  }
}

async function recordedIn(folder: string): Promise<Recorded[]> {
  const names = await readdir(folder)
  return Promise.all(
    names.map(async (name): Promise<Recorded> => JSON.parse(await readFile(join(folder, name), 'utf8'))),
  )
}

async function judge(recorded: readonly Recorded[], whole: boolean, folder: string): Promise<string[]> {
  await using store = await openStore(join(folder, 'store.sqlite'))
  const needed = new Set<Allowed>()
  const statements = recorded.flatMap((each) => each.statements)
  const found = faultsOf(store.connection, statements, allowed, (allowance) => needed.add(allowance))
  const faults = found.map(({ by, step, sql }) => `  ${by}: ${step}\n      ${sql}`)
  if (!whole) return faults
  const called = new Set(recorded.flatMap((each) => each.called))
  const never = storeFunctions().filter((name) => !called.has(name) && notCalled[name] === undefined)
  const excused = Object.keys(notCalled).filter((name) => called.has(name))
  const superfluous = allowed.filter((each) => !needed.has(each))
  return [
    ...faults,
    ...never.map((name) => `  ${name}: no integration test calls it`),
    ...excused.map((name) => `  ${name}: is called, and excused in test/statements/allowed.ts`),
    ...superfluous.map(({ by, step }) => `  ${by}: ${step}: is allowed and does not happen`),
  ]
}

/** Whether every test of the project ran. */
async function isWhole(project: TestProject): Promise<boolean> {
  if (project.vitest.config.testNamePattern !== undefined || project.vitest.config.shard !== undefined) return false
  const ran = project.vitest.state.getTestModules().filter((module) => module.project === project)
  const { testFiles } = await project.globTestFiles()
  const names = new Set(ran.map(({ moduleId }) => moduleId))
  return testFiles.every((file) => names.has(file))
}

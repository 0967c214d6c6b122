/** Around a suite: its tests make their temporary files in one folder (`worker.ts`), and what is left there when the suite
 *  has ended fails it. */
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    temporary: string
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'shoumi-suite-'))
  await chmod(folder, 0o711) // some tests run a program as another user
  project.provide('temporary', folder)
  return async () => {
    const left = await readdir(folder)
    await rm(folder, { recursive: true, force: true })
    if (left.length === 0) return
    console.error(`\nLeft in the temporary folder by tests (test/support/temporary-folder.ts): ${left.join(', ')}\n`)
    process.exitCode = 1
  }
}

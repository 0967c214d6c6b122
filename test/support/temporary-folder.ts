import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TemporaryFolder extends Disposable {
  readonly path: string
  /** With all that is in it. */
  readonly remove: () => void
}

/** A new folder, for whoever removes it: a suite in which one is left fails (`test/temporary`). */
export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), 'shoumi-test-'))
  const remove = (): void => rmSync(path, { recursive: true, force: true })
  return { path, remove, [Symbol.dispose]: remove }
}

import { onTestFinished } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

/** A new folder that goes when the test that runs has ended. */
export function folderOfTest(): string {
  const { path, remove } = temporaryFolder()
  onTestFinished(remove)
  return path
}

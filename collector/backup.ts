/** A backup: a folder with the store as it was at one moment and the keys, from which a collector can be set up again. */
import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeSecretFile, syncFolder } from '#base/secret-file.ts'
import { rfc3339, type Clock } from '#shared/vocabulary/clock.ts'
import type { Access, Actor } from './access/acting.ts'
import { copyStore } from './store/backup.ts'
import { keysDirOf } from './trust/trust.ts'

/** Written last: a folder without it is no backup. */
const SEAL = 'backup.json'

/** No backup could be begun; the message says what to do. */
export class BackupError extends Error {
  override name = 'BackupError'
}

export interface BackupParts {
  readonly access: Access
  readonly actor: Actor
  readonly clock: Clock
  /** Bytes copied, and in all. */
  readonly progress: (done: number, all: number) => void
}

export interface Backup {
  readonly incarnation: string
  readonly bytes: number
  /** Names of the key files in it. */
  readonly keys: readonly string[]
}

/** May run beside `serve`, whatever it is doing. `dir` is made, or is empty; throws BackupError where it is not. The audit
 *  record is written before anything leaves the store, and so is in the copy too. */
export async function backUp(
  { dataDir, storeFile }: { dataDir: string; storeFile: string },
  dir: string,
  { access, actor, clock, progress }: BackupParts,
): Promise<Backup> {
  await mkdir(dir, { recursive: true, mode: 0o700 })
  if ((await readdir(dir)).length > 0)
    throw new BackupError(`${dir} is not empty: name a folder that is not there yet, or an empty one.`)
  await access.act(actor, { act: 'store.backup', subject: { kind: 'store', id: dir } }, () => Promise.resolve())
  const at = clock.wall()
  const { incarnation, bytes } = await copyStore(storeFile, join(dir, 'collector.db'), progress)
  const keys = await copyKeys(keysDirOf(dataDir), join(dir, 'keys'))
  await makeSecretFile(
    join(dir, SEAL),
    `${JSON.stringify({ v: 1, at: rfc3339(at, clock.offset(at)), incarnation, bytes, keys })}\n`,
  )
  await syncFolder(dir)
  return { incarnation, bytes, keys }
}

async function copyKeys(from: string, to: string): Promise<string[]> {
  await mkdir(to, { mode: 0o700 })
  const names: string[] = []
  for (const name of (await readdir(from)).toSorted()) {
    if (!(await lstat(join(from, name))).isFile()) continue // a link could lead anywhere
    const source = await open(join(from, name), constants.O_RDONLY | constants.O_NOFOLLOW)
    try {
      await makeSecretFile(join(to, name), await source.readFile())
    } finally {
      await source.close()
    }
    names.push(name)
  }
  await syncFolder(to)
  return names
}

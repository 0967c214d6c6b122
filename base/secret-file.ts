/** Small files that only the service can read, whole or not there at all, and on the disk when a call resolves. No call
 *  writes through a link: whoever may plant one in the folder gains nothing by it. */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Made by this call, or not at all. */
const MAKE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/** 0600 in a folder 0700; takes the place of what was there, a link too. A crash on the way leaves what was there before. */
export async function writeSecretFile(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const half = `${file}.${randomBytes(8).toString('hex')}.new` // of another process at the same moment: another name
  try {
    await makeSecretFile(half, content)
    await rename(half, file)
  } catch (error) {
    await rm(half, { force: true })
    throw error
  }
  await syncFolder(dirname(file)) // else the name may still be the old one after a power cut
}

/** 0600. Rejects with EEXIST where a file or a link of that name is there. */
export async function makeSecretFile(file: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(file, MAKE, 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } catch (error) {
    throw named(file, error)
  } finally {
    await handle.close()
  }
}

/** What fails on an open file is told by the system without its name. */
function named(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  return Object.assign(new Error(`${file}: ${error.message}`, { cause: error }), { code: error.code })
}

/** The names in a folder are on the disk when it resolves. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Undefined where there is no such file. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Key files: PEM in the data folder, readable by the service alone (0600 in a folder 0700). */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

export const newKey = (kind: 'p256' | 'ed25519'): KeyObject =>
  kind === 'p256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : generateKeyPairSync('ed25519').privateKey

/** PKCS#8; encrypted (AES-256-CBC, PBES2) where there is a passphrase. */
export const keyToPem = (key: KeyObject, passphrase?: string): string =>
  key
    .export({ type: 'pkcs8', format: 'pem', ...(passphrase !== undefined && { cipher: 'aes-256-cbc', passphrase }) })
    .toString()

export const keyFromPem = (pem: string, passphrase?: string): KeyObject =>
  createPrivateKey({ key: pem, format: 'pem', ...(passphrase !== undefined && { passphrase }) })

/** Written whole or not at all, and on the disk when it resolves; never readable by another user, not even for a moment. */
export async function writeSecretFile(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const half = `${file}.new`
  const handle = await open(half, 'w', 0o600)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(half, file)
  const folder = await open(dirname(file))
  try {
    await folder.sync() // else the name may still be the old one after a power cut
  } finally {
    await folder.close()
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

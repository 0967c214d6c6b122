/** Keys as PEM, for files that the service alone can read (base/secret-file.ts). */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'

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

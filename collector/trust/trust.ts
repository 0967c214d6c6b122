/** All that the collector can prove with: its name, its authority, and its keys. One folder, `keys` in the data folder:
 *
 *  collector.id             UUID of this collector, in the key name of its receipts
 *  root.pem, root.key       the authority that agents pin; `root.key` is asked for by `init` alone and may lie in the safe
 *  authority.pem, .key      the intermediate that signs servers and agents
 *  server.pem               key and certificate of both listeners; made anew when the names changed or it nears its end
 *  receipt.key, register.key   Ed25519, online
 *  office.key, office.pub   Ed25519, encrypted: signs policies, opened only to publish one
 *  office.passphrase        the embedded default's passphrase, kept beside it: put both in the safe for a real office */
import { randomBytes, randomUUID, type KeyObject } from 'node:crypto'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readIfThere, writeSecretFile } from '#base/secret-file.ts'
import { collectorKeyName } from '#shared/evidence/checkpoint.ts'
import { cosignatureVerifierKey, noteVerifierKey, type Signer, type VerifierKey } from '#shared/evidence/note.ts'
import { OFFICE_KEY_NAME, REGISTER_KEY_NAME } from '#shared/policy/documents.ts'
import { uuidPattern } from '#shared/vocabulary/ids.ts'
import { endOf, makeIntermediate, makeRoot, makeServer, pinOf, servesStill, type Issuer } from './authority.ts'
import { keyFromPem, keyToPem, newKey } from './keys.ts'

export interface Trust {
  readonly collector: string
  readonly caPin: string
  /** PEM: intermediate, then root. */
  readonly chain: string
  readonly authority: Issuer
  /** For a TLS listener, as it was when the trust was opened. */
  readonly server: ServerCertificate
  /** The one to be served at that moment (ms since 1970): the same until it nears its end or its authority is another.
   *  Rejects where it has to be made anew and cannot be kept. */
  readonly serverCertificate: (now: number) => Promise<ServerCertificate>
  readonly receipts: { readonly signer: Signer; readonly key: VerifierKey }
  readonly register: { readonly signer: Signer; readonly key: VerifierKey }
  readonly officeKey: VerifierKey
  /** Opens the office key for as long as the value is held; throws TrustError where it or its passphrase is not there. */
  readonly openOffice: () => Promise<Signer>
}

/** PEM: a key, and its certificate with the whole chain, so that an agent can find its pinned root in it. */
export interface ServerCertificate {
  readonly key: string
  readonly cert: string
  /** ms since 1970. */
  readonly endsAt: number
}

/** What keeps the collector from proving who it is; the message says what to do. */
export class TrustError extends Error {
  override name = 'TrustError'
}

export const keysDirOf = (dataDir: string): string => join(dataDir, 'keys')
/** Whole only if this, written last, is there. */
const SEAL = 'collector.id'

export const hasTrust = async (dataDir: string): Promise<boolean> =>
  (await readIfThere(join(keysDirOf(dataDir), SEAL))) !== undefined

/** Makes every key that there is. Throws TrustError where they are made already: an authority is made once. */
export async function initTrust(
  dataDir: string,
  now: number,
): Promise<{ rootKeyFile: string; passphraseFile: string }> {
  if (await hasTrust(dataDir))
    throw new TrustError(`The keys in ${keysDirOf(dataDir)} are made already; nothing was changed.`)
  const folder = keysDirOf(dataDir)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  const write = (name: string, content: string): Promise<void> => writeSecretFile(join(folder, name), content)
  const collector = randomUUID()
  const rootKey = newKey('p256')
  const root = await makeRoot(rootKey, collector, now)
  const authorityKey = newKey('p256')
  await write('root.key', keyToPem(rootKey))
  await write('root.pem', root)
  await write('authority.key', keyToPem(authorityKey))
  await write(
    'authority.pem',
    await makeIntermediate(authorityKey, collector, { certificate: root, key: rootKey }, now),
  )
  await write('receipt.key', keyToPem(newKey('ed25519')))
  await write('register.key', keyToPem(newKey('ed25519')))
  const office = newKey('ed25519')
  const passphrase = randomBytes(24).toString('base64url')
  await write('office.passphrase', `${passphrase}\n`)
  await write('office.key', keyToPem(office, passphrase))
  await write('office.pub', `${noteVerifierKey(OFFICE_KEY_NAME, office)}\n`)
  await write(SEAL, `${collector}\n`)
  return { rootKeyFile: join(folder, 'root.key'), passphraseFile: join(folder, 'office.passphrase') }
}

/** Reads what `initTrust` made, and renews the server's certificate where it has to be. `names`: host names and addresses
 *  by which agents and browsers call this collector; `localhost` and the loopback addresses come by themselves. */
export async function openTrust(dataDir: string, names: readonly string[], now: number): Promise<Trust> {
  const folder = keysDirOf(dataDir)
  const read = async (name: string): Promise<string> => {
    const content = await readIfThere(join(folder, name))
    if (content !== undefined) return content
    throw new TrustError(
      `${join(folder, name)} is missing: run \`shoumi-collector init\`, or put it back from the backup.`,
    )
  }
  const collector = (await read(SEAL)).trim()
  if (!uuidPattern.test(collector))
    throw new TrustError(`${join(folder, SEAL)} holds no UUID: put it back from the backup.`)
  const authority: Issuer = { certificate: await read('authority.pem'), key: keyFromPem(await read('authority.key')) }
  const root = await read('root.pem')
  const chain = authority.certificate + root
  const receipt = keyFromPem(await read('receipt.key'))
  const register = keyFromPem(await read('register.key'))
  const serverCertificate = async (at: number): Promise<ServerCertificate> => {
    const { key, certificate } = await serverFor(folder, names, authority, at)
    return { key, cert: certificate + chain, endsAt: endOf(certificate) }
  }
  return {
    collector,
    caPin: pinOf(root),
    chain,
    authority,
    server: await serverCertificate(now).catch((error: unknown) => oldOrThrow(folder, chain, error)),
    serverCertificate,
    receipts: {
      signer: { name: collectorKeyName(collector), privateKey: receipt },
      key: cosignatureVerifierKey(collectorKeyName(collector), receipt),
    },
    register: {
      signer: { name: REGISTER_KEY_NAME, privateKey: register },
      key: noteVerifierKey(REGISTER_KEY_NAME, register),
    },
    officeKey: (await read('office.pub')).trim(),
    async openOffice() {
      const [pem, passphrase] = [await read('office.key'), await read('office.passphrase')]
      return { name: OFFICE_KEY_NAME, privateKey: opened(pem, passphrase.trim(), folder) }
    },
  }
}

function opened(pem: string, passphrase: string, folder: string): KeyObject {
  try {
    return keyFromPem(pem, passphrase)
  } catch (error) {
    throw new TrustError(`${join(folder, 'office.passphrase')} does not open office.key: put the right one there.`, {
      cause: error,
    })
  }
}

/** On a disk that takes nothing the one that is there is served on; whoever watches it says that it could not be renewed. */
async function oldOrThrow(folder: string, chain: string, error: unknown): Promise<ServerCertificate> {
  const [key, certificate] = (await readIfThere(join(folder, 'server.pem')))?.split(BETWEEN) ?? []
  const takesNothing = error instanceof Error && 'code' in error && NO_ROOM.includes(String(error.code))
  if (!takesNothing || key === undefined || certificate === undefined) throw error
  return { key, cert: certificate + chain, endsAt: endOf(certificate) }
}
const NO_ROOM: readonly string[] = ['ENOSPC', 'EDQUOT', 'EROFS']

/** Between key and certificate: one file, so that they never disagree. */
const BETWEEN = '\n\n'

async function serverFor(
  folder: string,
  publicNames: readonly string[],
  authority: Issuer,
  now: number,
): Promise<{ key: string; certificate: string }> {
  const names = [...new Set([...publicNames, 'localhost', '127.0.0.1', '::1'])]
  const file = join(folder, 'server.pem')
  const [key, certificate] = (await readIfThere(file))?.split(BETWEEN) ?? []
  if (key !== undefined && certificate !== undefined && servesStill(certificate, names, now))
    return { key, certificate }
  const fresh = newKey('p256')
  const made = { key: keyToPem(fresh).trimEnd(), certificate: await makeServer(fresh, names, authority, now) }
  await writeSecretFile(file, made.key + BETWEEN + made.certificate)
  return made
}

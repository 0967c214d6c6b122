/** Who this agent is: a UUID that it chose itself, and the Ed25519 key that it made and that never leaves the machine. */
import { createPrivateKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { agentKeyName } from '#shared/evidence/checkpoint.ts'
import { noteVerifierKey, type Signer, type VerifierKey } from '#shared/evidence/note.ts'
import { Uuid } from '#shared/vocabulary/ids.ts'
import { readIfThere, writeSecretFile } from '#base/secret-file.ts'

export interface Identity {
  readonly agent: string
  readonly privateKey: KeyObject
  /** PKCS#8 PEM, for the TLS client certificate. */
  readonly keyPem: string
  /** Signs checkpoints. */
  readonly signer: Signer
  readonly verifierKey: VerifierKey
  /** True where the key was made just now. */
  readonly made: boolean
}

/** There is no identity, and none can be made; the message says what to do. */
class IdentityError extends Error {
  override name = 'IdentityError'
}

const stored = Compile(Type.Object({ agent: Uuid, key: Type.String() }, { additionalProperties: false }))

/** One file for UUID and key, so that they never part: an agent's UUID belongs to one key for life. */
export async function openIdentity(dataDir: string): Promise<Identity> {
  const file = join(dataDir, 'identity', 'agent.json')
  const text = await readIfThere(file)
  if (text !== undefined) return identityFrom(text, file)
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const fresh = JSON.stringify({ agent: randomUUID(), key })
  await writeSecretFile(file, fresh).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    const todo = 'Give the service the right to write there, or name another dataDir.'
    throw new IdentityError(`The data folder ${dataDir} cannot be written: ${why}. ${todo}`, { cause: error })
  })
  return { ...identityFrom(fresh, file), made: true }
}

function identityFrom(text: string, file: string): Identity {
  try {
    const value: unknown = JSON.parse(text)
    if (!stored.Check(value)) throw new TypeError('it has another shape')
    const privateKey = createPrivateKey(value.key)
    const name = agentKeyName(value.agent)
    const signer = { name, privateKey }
    const verifierKey = noteVerifierKey(name, privateKey)
    return { agent: value.agent, privateKey, keyPem: value.key, signer, verifierKey, made: false }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const todo =
      'Put it back from a backup; or move the data folder away, and the agent begins anew and has to be enrolled.'
    throw new IdentityError(`${file} holds no identity: ${why}. ${todo}`, { cause: error })
  }
}

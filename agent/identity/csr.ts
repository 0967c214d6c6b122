/** The certificate request (PKCS#10) of an agent. Loads its library, 20 MiB of memory: import it only to enrol. */
import 'reflect-metadata'
import { createPublicKey, webcrypto, type KeyObject } from 'node:crypto'
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509'

const ED25519 = { name: 'Ed25519' }

/** PEM, with the agent's UUID for its common name. */
export async function makeCsr(agent: string, key: KeyObject): Promise<string> {
  const pkcs8 = Uint8Array.from(key.export({ type: 'pkcs8', format: 'der' }))
  const spki = Uint8Array.from(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: `CN=${agent}`,
    keys: {
      privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, ED25519, false, ['sign']),
      publicKey: await webcrypto.subtle.importKey('spki', spki, ED25519, true, ['verify']),
    },
    signingAlgorithm: ED25519,
  })
  return request.toString('pem')
}

import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { makeCsr } from '#agent/identity/csr.ts'
import { readCsr } from '#collector/trust/authority.ts'

const vectors = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../fixtures/protocol/${file}`, import.meta.url), 'utf8'))

const hasOpenssl = (() => {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' }).startsWith('OpenSSL 3')
  } catch {
    return false
  }
})()
if (!hasOpenssl) console.log('certificate requests: not held against openssl, there is none')

/** RFC 8410 §7: what stands before the 32 bytes of an Ed25519 key. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

test('is, byte for byte, the request of the vectors, which a foreign library parses and verifies', () => {
  const { agent, keys } = vectors('keys.json') as { agent: string; keys: { of: string; seed: string }[] }
  const [{ body }] = vectors('enrol-requests.json') as [{ body: { csr: string } }]
  const seed = keys.find((key) => key.of === 'agent')?.seed ?? ''
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, Buffer.from(seed, 'hex')]), format: 'der', type: 'pkcs8' })
  expect(makeCsr(agent, key)).toBe(body.csr)
})

test('the collector reads its name and key', async () => {
  const [agent, { privateKey, publicKey }] = [randomUUID(), generateKeyPairSync('ed25519')]
  const read = await readCsr(makeCsr(agent, privateKey))
  expect(read).toMatchObject({ ok: true, commonName: agent })
  expect(read.ok && createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })).equals(read.publicKey)).toBe(
    true,
  )
})

// DER writes lengths from 128 on in two bytes, from 256 on in three
test.for([1, 50, 64, 100, 116, 117, 150, 255, 256, 400])('the collector reads a name of %d bytes', async (bytes) => {
  const name = 'n'.repeat(bytes)
  const { privateKey } = generateKeyPairSync('ed25519')
  expect(await readCsr(makeCsr(name, privateKey))).toMatchObject({ ok: true, commonName: name })
})

test.runIf(hasOpenssl)('openssl verifies it and reads the same', () => {
  const [agent, { privateKey }] = [randomUUID(), generateKeyPairSync('ed25519')]
  const args = ['req', '-verify', '-noout', '-subject', '-text']
  const said = execFileSync('openssl', args, { input: makeCsr(agent, privateKey), encoding: 'utf8' })
  expect(said).toMatch(new RegExp(`^subject=CN ?= ?${agent}$`, 'm'))
  expect(said).toContain('Public Key Algorithm: ED25519')
  expect(said).toContain('Signature Algorithm: ED25519')
})

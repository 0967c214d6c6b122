import { generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto'
import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import { beforeEach, describe, expect, test } from 'vitest'
import { makeAgent, readCsr, serialOf } from '#collector/trust/authority.ts'
import { openConditions } from '#collector/conditions.ts'
import { initTrust, openTrust, TrustError, type ServerCertificate } from '#collector/trust/trust.ts'
import { watchServerCertificate } from '#collector/trust/watch-server.ts'
import { isSignedBy, parseNote, signNote } from '#shared/evidence/note.ts'
import { manualClock, type ManualClock } from '../../support/manual-clock.ts'
import { folderOfTest } from '../../support/folder-of-test.ts'
import { eventually } from '../../support/eventually.ts'

const NOW = Date.now()
const DAY_MS = 86_400_000
const agent = '11111111-1111-4111-8111-111111111111'
let dataDir = ''

beforeEach(() => {
  dataDir = folderOfTest()
})

describe('trust', () => {
  test('is made once, and no key file can be read by another user', async () => {
    const { rootKeyFile, passphraseFile } = await initTrust(dataDir, NOW)
    for (const file of [rootKeyFile, passphraseFile]) expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(join(dataDir, 'keys'))).mode & 0o777).toBe(0o700)
    await expect(initTrust(dataDir, NOW)).rejects.toThrow(TrustError)
  })

  test('opens without the root key and the passphrase: both may lie in the safe', async () => {
    const { rootKeyFile, passphraseFile } = await initTrust(dataDir, NOW)
    await rm(rootKeyFile)
    await rm(passphraseFile)
    const trust = await openTrust(dataDir, [], NOW)
    await expect(trust.openOffice()).rejects.toThrow(passphraseFile)
  })

  test('signs by the office key that it names', async () => {
    await initTrust(dataDir, NOW)
    const trust = await openTrust(dataDir, [], NOW)
    const note = parseNote(signNote('text\n', await trust.openOffice()))
    expect(note !== undefined && isSignedBy(note, trust.officeKey)).toBe(true)
  })

  test.each([
    ['keeps the server’s certificate from start to start', ['collector.example', '10.0.0.1', 'fe80::1'], 100, true],
    ['makes it anew for other names', ['other.example'], 100, false],
    ['makes it anew within 30 days of its end', ['collector.example', '10.0.0.1', 'fe80::1'], 370, false],
  ])('%s', async (_, names, days, same) => {
    await initTrust(dataDir, NOW)
    const before = await openTrust(dataDir, ['collector.example', '10.0.0.1', 'fe80::1'], NOW)
    const after = await openTrust(dataDir, names, NOW + days * DAY_MS)
    expect(after.server.cert === before.server.cert).toBe(same)
    expect(after.caPin).toBe(before.caPin)
    for (const name of names.slice(0, 1)) expect(new X509Certificate(after.server.cert).checkHost(name)).toBe(name)
  })

  test('an agent of its authority and its server know each other over TLS 1.3; a certificate of the server is no agent’s', async () => {
    await initTrust(dataDir, NOW)
    const trust = await openTrust(dataDir, [], NOW)
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
    const der = publicKey.export({ type: 'spki', format: 'der' })
    const certificate = await makeAgent(agent, der, trust.authority, NOW)
    expect(serialOf(certificate)).toMatch(/^[0-9a-f]{32}$/)
    const server = createServer({
      ...trust.server,
      ca: trust.chain,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    const authorised = (own: { key: string | Buffer; cert: string }): Promise<[boolean, string | undefined]> =>
      new Promise((resolve, reject) => {
        server.once('secureConnection', (socket) => {
          const name: unknown = socket.getPeerCertificate().subject?.CN
          resolve([socket.authorized, typeof name === 'string' ? name : undefined])
          socket.destroy()
        })
        connect({ port, host: '127.0.0.1', servername: 'localhost', ca: trust.chain, ...own }).once('error', reject)
      })
    expect(await authorised({ key, cert: certificate + trust.chain })).toEqual([true, agent])
    expect(await authorised({ key: trust.server.key, cert: trust.server.cert })).toEqual([false, 'Shoumi collector'])
    server.close()
  })
})

describe('the server’s certificate while it serves', () => {
  const silent = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
  /** An hour at a time, until it holds. */
  const passing = (clock: ManualClock, holds: () => void): Promise<void> =>
    eventually(() => {
      clock.pass(3_600_000)
      holds()
    })
  const watching = async () => {
    await initTrust(dataDir, NOW)
    const clock = manualClock(NOW)
    const trust = await openTrust(dataDir, ['collector.example'], NOW)
    const conditions = openConditions(clock, silent)
    const swapped: ServerCertificate[] = []
    const swap = (certificate: ServerCertificate): unknown => swapped.push(certificate)
    return { clock, trust, conditions, swapped, watch: { trust, swap, clock, conditions, log: silent } }
  }

  test('is made anew a month before its end, without a start', async () => {
    const { clock, trust, swapped, watch, conditions } = await watching()
    expect(await trust.serverCertificate(NOW + 366 * DAY_MS)).toEqual(trust.server)
    await using _watch = watchServerCertificate(watch)
    clock.pass(368 * DAY_MS)
    await passing(clock, () => expect(swapped).toHaveLength(1))
    const [fresh] = swapped
    expect(fresh?.cert).not.toBe(trust.server.cert)
    expect(fresh?.endsAt).toBeGreaterThan(NOW + 700 * DAY_MS)
    expect(new X509Certificate(fresh?.cert ?? '').checkHost('collector.example')).toBe('collector.example')
    const after = await openTrust(dataDir, ['collector.example'], clock.wall())
    expect(after.server).toEqual(fresh) // kept for the next start
    expect(conditions.all()).toEqual([])
  })

  test('that cannot be kept is a condition, worse once it has ended, and well again when it can', async () => {
    const { clock, swapped, watch, conditions } = await watching()
    await rm(join(dataDir, 'keys'), { recursive: true })
    await writeFile(join(dataDir, 'keys'), 'no folder')
    await using _watch = watchServerCertificate(watch)
    await eventually(() =>
      expect(conditions.all()).toMatchObject([{ code: 'certificate.not-renewed', severity: 'high' }]),
    )
    clock.pass(400 * DAY_MS)
    await passing(clock, () => expect(conditions.all()).toMatchObject([{ severity: 'critical' }]))
    await rm(join(dataDir, 'keys'))
    await passing(clock, () => expect(conditions.all()).toEqual([]))
    expect(swapped).toHaveLength(1)
  })
})

describe('certificate request', () => {
  const request = async (algorithm: object, name: string): Promise<string> => {
    const keys = await webcrypto.subtle.generateKey(algorithm as webcrypto.EcKeyGenParams, true, ['sign', 'verify'])
    return (await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: algorithm })).toString(
      'pem',
    )
  }
  const ed25519 = { name: 'Ed25519' }
  const p256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

  test('gives its name and key', async () => {
    const read = await readCsr(await request(ed25519, `CN=${agent}`))
    expect(read).toMatchObject({ ok: true, commonName: agent })
  })

  test('is none where its key, signature, name or form is another', async () => {
    expect(await readCsr(await request(p256, `CN=${agent}`))).toMatchObject({ ok: false })
    expect(await readCsr(await request(ed25519, 'O=nobody'))).toMatchObject({ ok: false })
    expect(await readCsr('')).toMatchObject({ ok: false })
    const mine = await request(ed25519, `CN=${agent}`)
    const forged = Buffer.from(mine.split('\n').slice(1, -1).join(''), 'base64')
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${forged.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
    expect(await readCsr(pem)).toMatchObject({ ok: false, reason: 'its own key did not sign it' })
  })
})
